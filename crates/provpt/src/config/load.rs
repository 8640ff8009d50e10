//! From files and arguments to a configuration, with a name for where each value came from.

use std::path::Path;

use toml::Value;

use super::given::{Given, IN_CODE};
use super::keys::{Found, find};
use super::rules::{self, Fault};
use super::table::Section;
use super::{Config, ConfigError, values};

/// A configuration, and what its user should hear about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// Keys that were given but change nothing, each with the reason, and then
    /// [`Config::warnings`].
    pub notices: Vec<String>,
}

const COMMAND_LINE: &str = "command line";

impl Config {
    /// Defaults, then a TOML or YAML file, then overrides in order: `key=value`, or the published
    /// `KEY VALUE` pairs. Keys compare without case.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn from_args(file: Option<&Path>, overrides: &[String]) -> Result<Loaded, ConfigError> {
        let mut given = Given::of_file(file)?;
        for pair in values::pairs(overrides)? {
            given.write(&pair, COMMAND_LINE)?;
        }
        given.settled()
    }

    /// Defaults, then a TOML or YAML file, then settings in order, which come from `origin`.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn from_settings(
        file: Option<&Path>,
        settings: &[(String, Value)],
        origin: &str,
    ) -> Result<Loaded, ConfigError> {
        let mut given = Given::of_file(file)?;
        for (key, value) in settings {
            given.set(key, value, origin)?;
        }
        given.settled()
    }

    /// Overrides on top of what is there.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn apply(&mut self, overrides: &[String]) -> Result<(), ConfigError> {
        let mut given = Given::default();
        for pair in values::pairs(overrides)? {
            if let Found::Word(key) = find(&pair.key, COMMAND_LINE)? {
                let (key, expected) = (key.to_owned(), "nothing, the settings are made".to_owned());
                let got = values::scalar(&pair.text);
                return Err(Fault { key, expected, got }.at(COMMAND_LINE));
            }
            given.write(&pair, COMMAND_LINE)?;
        }
        *self = given.on(self.clone())?.config;
        Ok(())
    }

    /// Whether all settings have values that a file could give them, too. What came out of a file
    /// has been checked; [`train`](crate::train) checks what was made in code.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn check(&self) -> Result<(), ConfigError> {
        let mut fault = None;
        self.clone().visit(&mut |field| {
            if fault.is_none() && !field.can_be_written() {
                let (got, key) = (field.value(), field.name());
                fault = Some(Fault { key, expected: field.expected(&got), got });
            }
        });
        let fault = fault.or_else(|| rules::fault(self));
        fault.map_or(Ok(()), |fault| Err(fault.at(IN_CODE)))
    }
}
