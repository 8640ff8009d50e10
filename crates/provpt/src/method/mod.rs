//! The methods, as rows of one table. Configuration, sweeps, demo, reports and documents read it.

mod table;

pub use table::{Learns, METHODS, Method};

use crate::config::{Config, TransferType};

impl Method {
    /// The method of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        METHODS.iter().find(|method| method.name == name)
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
    pub fn config(&self) -> Config {
        let mut config = Config::default();
        self.apply(&mut config);
        config
    }

    /// Makes a configuration one of this method; all else stays as it is.
    pub fn apply(&self, config: &mut Config) {
        let (transfer_type, deep) = match self.learns {
            Learns::HeadOnly => (TransferType::Linear, config.model.prompt.deep),
            Learns::ShallowPrompts => (TransferType::Prompt, false),
            Learns::DeepPrompts => (TransferType::Prompt, true),
        };
        config.model.transfer_type = transfer_type;
        config.model.prompt.deep = deep;
        if self.learns != Learns::HeadOnly {
            config.model.prompt.adaptive = self.relocates.is_some();
        }
        if let Some(allocator) = self.relocates {
            config.model.prompt.allocator = allocator.to_string();
        }
    }

    /// The same as overrides of a configuration: keys and values.
    pub fn overrides(&self) -> Vec<(&'static str, String)> {
        let config = self.config();
        let prompt = &config.model.prompt;
        let mut overrides = vec![("model.transfer_type", config.model.transfer_type.to_string())];
        if self.learns != Learns::HeadOnly {
            overrides.push(("model.prompt.deep", prompt.deep.to_string()));
            overrides.push(("model.prompt.adaptive", prompt.adaptive.to_string()));
        }
        if let Some(allocator) = self.relocates {
            overrides.push(("model.prompt.allocator", allocator.to_string()));
        }
        overrides
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_its_name_by_its_configuration_and_by_its_overrides() {
        for method in METHODS.iter() {
            assert_eq!(Method::named(&method.name), Some(method));
            assert_eq!(Method::of(&method.config()), method);
            let mut config = Config::default();
            let overrides =
                method.overrides().into_iter().map(|(key, value)| format!("{key}={value}"));
            config.apply(&overrides.collect::<Vec<_>>()).unwrap();
            assert_eq!(Method::of(&config), method);
            assert_eq!(config, method.config());
        }
    }

    #[test]
    fn prompts_before_the_first_block_are_not_relocated_whatever_the_flag_says() {
        let mut config = Config::default();
        config.model.prompt.deep = false;
        assert!(config.model.prompt.adaptive);
        assert_eq!(Method::of(&config).name, "vpt-shallow");
    }

    #[test]
    fn settings_of_methods_are_keys_of_the_configuration() {
        for key in METHODS.iter().flat_map(|method| method.settings) {
            assert!(crate::config::KEYS.iter().any(|known| known.name == *key), "{key}");
        }
    }
}
