//! The methods, as rows of one table. Configuration, sweeps, demo, reports and documents read it.

mod learns;
mod table;

use std::borrow::Cow;

pub use learns::{Learns, Prompting, Thawed};
pub use table::{METHODS, Method};

use crate::config::{Config, ConfigError, TransferType};
use crate::error::Error;
use table::TYPE;

/// What may learn beside prompts: how names end, the transfer type, and what learns.
const BESIDE: [(&str, TransferType, Thawed); 4] = [
    ("bias", TransferType::PromptBias, Thawed::Biases),
    ("lora", TransferType::PromptLora, Thawed::LowRanks),
    ("cls", TransferType::ClsPrompt, Thawed::Cls),
    ("cls-reinit", TransferType::ClsReinitPrompt, Thawed::RedrawnCls),
];

impl Method {
    /// The method of this name: one of the table, `partial-3` and the like, or one with prompts and
    /// what learns beside them, such as `pro-vpt-ppo+bias`.
    ///
    /// # Errors
    /// [`Error::UnknownMethod`], which names those of the table.
    pub fn named(name: &str) -> Result<Self, Error> {
        let unknown = || Error::UnknownMethod { got: name.to_owned() };
        let row = |name: &str| METHODS.iter().find(|method| method.name == name);
        if let Some(row) = row(name) {
            return Ok(row.clone());
        }
        if let Some(blocks) = name.strip_prefix("partial-").and_then(|text| text.parse().ok()) {
            return Some(Self::last_blocks(blocks))
                .filter(|made| blocks > 0 && made.name == name)
                .ok_or_else(unknown);
        }
        let made = name.split_once('+').and_then(|(prompts, beside)| {
            let (_, transfer, thawed) = BESIDE.into_iter().find(|(end, ..)| *end == beside)?;
            let prompts =
                row(prompts).filter(|row| row.settings.contains(&(TYPE, "prompt".into())))?;
            Some(prompts.beside(transfer, thawed))
        });
        // The names of the table go before those that are made.
        made.filter(|made| made.name == name).ok_or_else(unknown)
    }

    /// The method that a configuration describes.
    pub fn of(config: &Config) -> Self {
        let (transfer, relocates) =
            (config.model.transfer_type, config.adaptive().then(|| config.allocator()));
        let thawed = match transfer {
            TransferType::Partial(blocks) => return Self::last_blocks(blocks),
            TransferType::Linear | TransferType::Prompt | TransferType::PromptNoupdate => {
                Thawed::Nothing
            }
            TransferType::End2end => Thawed::All,
            TransferType::Adapter => Thawed::Adapters,
            TransferType::Lora | TransferType::PromptLora => Thawed::LowRanks,
            TransferType::Ssf => Thawed::ScaleShifts,
            TransferType::Side => Thawed::Side,
            TransferType::Bias | TransferType::PromptBias => Thawed::Biases,
            TransferType::Cls | TransferType::ClsPrompt => Thawed::Cls,
            TransferType::ClsReinit | TransferType::ClsReinitPrompt => Thawed::RedrawnCls,
        };
        let prompts = match (transfer, config.model.prompt.deep) {
            (TransferType::PromptNoupdate, true) => Prompting::FixedDeep,
            (TransferType::PromptNoupdate, false) => Prompting::FixedShallow,
            _ if !transfer.has_prompts() => Prompting::None,
            (_, true) => Prompting::Deep,
            (_, false) => Prompting::Shallow,
        };
        let row = |thawed| {
            let learns = Learns { prompts, thawed };
            let fits = move |row: &&Self| row.learns == learns && row.relocates == relocates;
            METHODS.iter().find(fits)
        };
        if let Some(row) = row(thawed) {
            return row.clone();
        }
        // Every kind of prompts has a row in which they learn alone.
        row(Thawed::Nothing).map_or_else(|| METHODS[0].clone(), |row| row.beside(transfer, thawed))
    }

    /// The configuration of this method, all else as where nothing more is said: prompts learn by our
    /// recipe.
    ///
    /// # Errors
    /// A setting is unknown: never of a row of [`METHODS`].
    pub fn config(&self) -> Result<Config, ConfigError> {
        Ok(Config::from_args(None, &self.words())?.config)
    }

    /// Makes a configuration one of this method; all else stays as it is.
    ///
    /// # Errors
    /// A setting is unknown: never of a row of [`METHODS`].
    pub fn apply(&self, config: &mut Config) -> Result<(), ConfigError> {
        config.apply(&self.words())
    }

    fn words(&self) -> Vec<String> {
        let setting = |(key, value): &(&str, Cow<'_, str>)| format!("{key}={value}");
        self.settings.iter().map(setting).collect()
    }

    /// The last blocks, so many of them.
    fn last_blocks(blocks: usize) -> Self {
        let name = TransferType::Partial(blocks).to_string();
        if let Some(row) = METHODS.iter().find(|row| row.name == name) {
            return row.clone();
        }
        let learns = Learns { prompts: Prompting::None, thawed: Thawed::Last(blocks) };
        let name: Cow<'_, str> = Cow::Owned(name);
        let title = Cow::Owned(format!("last {blocks} blocks"));
        let settings = vec![(TYPE, name.clone())];
        Self { name, title, learns, settings, ..METHODS[0].clone() }
    }

    /// This method of prompts with more that learns beside them.
    fn beside(&self, transfer: TransferType, thawed: Thawed) -> Self {
        let beside = BESIDE.iter().find(|(.., learns)| *learns == thawed);
        let end = beside.map_or("", |(end, ..)| end);
        let mut made = self.clone();
        made.learns.thawed = thawed;
        let setting = made.settings.iter_mut().find(|(key, _)| *key == TYPE);
        if let Some((_, value)) = setting {
            *value = Cow::Owned(transfer.to_string());
        }
        let learns = |row: &&Self| row.learns == made.learns && row.relocates == made.relocates;
        if let Some(row) = METHODS.iter().find(learns) {
            return row.clone();
        }
        made.name = format!("{}+{end}", self.name).into();
        made.title = format!("{} and {}", self.title, end).into();
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_its_name_and_by_its_configuration() {
        for method in METHODS.iter() {
            assert_eq!(Method::named(&method.name).unwrap(), *method);
            assert_eq!(Method::of(&method.config().unwrap()), *method);
        }
    }

    #[test]
    fn methods_beside_the_rows_are_made_of_them() {
        let names = [
            "partial-3",
            "partial-12",
            "vpt-shallow+bias",
            "vpt-shallow+cls",
            "pro-vpt-ppo+bias",
            "pro-vpt-ppo+lora",
            "pro-vpt-random+cls-reinit",
        ];
        for name in names {
            let method = Method::named(name).unwrap();
            assert_eq!(method.name, name);
            let config = method.config().unwrap();
            assert_eq!(Method::of(&config), method, "{name}");
            assert_eq!(config.adaptive(), name.starts_with("pro-vpt"), "{name}");
        }
        // These are rows, under their published names.
        for name in [
            "vpt-deep+bias",
            "vpt-deep+cls",
            "linear+bias",
            "prompt+cls",
            "partial-0",
            "partial-01",
        ] {
            assert!(Method::named(name).is_err(), "{name}");
        }
    }

    #[test]
    fn an_unknown_method_is_told_all_names() {
        let error = Method::named("vpt").unwrap_err().to_string();
        let expected = "method: expected one of linear, cls, cls-reinit, tinytl-bias, adapter, ";
        assert!(error.starts_with(expected) && error.ends_with(", got vpt"), "{error}");
    }

    #[test]
    fn prompts_before_the_first_block_are_not_relocated_whatever_the_flag_says() {
        let mut config = Config::default();
        config.model.prompt.deep = false;
        assert!(config.model.prompt.adaptive);
        assert_eq!(Method::of(&config).name, "vpt-shallow");
        config.model.transfer_type = TransferType::PromptBias;
        assert_eq!(Method::of(&config).name, "vpt-shallow+bias");
    }

    #[test]
    fn prompts_that_stay_as_they_are_drawn_are_not_relocated_either() {
        let mut config = Config::default();
        config.model.transfer_type = TransferType::PromptNoupdate;
        assert!(config.model.prompt.adaptive && !config.adaptive());
        assert_eq!(Method::of(&config).learns.prompts, Prompting::FixedDeep);
        config.model.prompt.deep = false;
        assert_eq!(Method::of(&config).learns.prompts, Prompting::FixedShallow);
    }
}
