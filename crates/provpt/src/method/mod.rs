//! The methods, as rows of one table. Configuration, sweeps, demo, reports and documents read it.

mod table;

pub use table::{Learns, METHODS, Method};

use crate::config::{Config, ConfigError, TransferType};
use crate::error::Error;

impl Method {
    /// The method of this name.
    ///
    /// # Errors
    /// [`Error::UnknownMethod`], which names all.
    pub fn named(name: &str) -> Result<&'static Self, Error> {
        let unknown = || Error::UnknownMethod { got: name.to_owned() };
        METHODS.iter().find(|method| method.name == name).ok_or_else(unknown)
    }

    /// The method that a configuration describes.
    pub fn of(config: &Config) -> &'static Self {
        let learns = match config.model.transfer_type {
            TransferType::Linear => Learns::HeadOnly,
            TransferType::Prompt if !config.model.prompt.deep => Learns::ShallowPrompts,
            TransferType::Prompt => Learns::DeepPrompts,
        };
        let relocates = config.adaptive().then(|| config.allocator());
        let fits = |method: &&Self| method.learns == learns && method.relocates == relocates;
        // The table has a row for each of these combinations.
        METHODS.iter().find(fits).unwrap_or(&METHODS[0])
    }

    /// The configuration of this method, all else as by default.
    ///
    /// # Errors
    /// A setting is unknown: never of a row of [`METHODS`].
    pub fn config(&self) -> Result<Config, ConfigError> {
        let mut config = Config::default();
        self.apply(&mut config)?;
        Ok(config)
    }

    /// Makes a configuration one of this method; all else stays as it is.
    ///
    /// # Errors
    /// A setting is unknown: never of a row of [`METHODS`].
    pub fn apply(&self, config: &mut Config) -> Result<(), ConfigError> {
        let setting = |(key, value): &(&str, &str)| format!("{key}={value}");
        config.apply(&self.settings.iter().map(setting).collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_its_name_and_by_its_configuration() {
        for method in METHODS.iter() {
            assert_eq!(Method::named(method.name).unwrap(), method);
            assert_eq!(Method::of(&method.config().unwrap()), method);
        }
    }

    #[test]
    fn an_unknown_method_is_told_all_names() {
        let error = Method::named("vpt").unwrap_err().to_string();
        let expected = "method: expected one of linear, vpt-shallow, vpt-deep, pro-vpt-ppo, ";
        assert!(error.starts_with(expected) && error.ends_with(", got vpt"), "{error}");
    }

    #[test]
    fn prompts_before_the_first_block_are_not_relocated_whatever_the_flag_says() {
        let mut config = Config::default();
        config.model.prompt.deep = false;
        assert!(config.model.prompt.adaptive);
        assert_eq!(Method::of(&config).name, "vpt-shallow");
    }
}
