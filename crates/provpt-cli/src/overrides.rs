//! `[CONFIG] [OVERRIDES...]`: a configuration file, and settings that go before it.

use std::path::PathBuf;

use clap::Args;
use provpt::config::{Config, Loaded};

use crate::app::App;
use crate::failure::Failure;
use crate::logging::STORY;

/// Where settings come from.
#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// Configuration file, the published flag; the first argument does as well
    #[arg(long, visible_alias = "config", value_name = "FILE")]
    config_file: Option<PathBuf>,
    /// A configuration (.toml, .yaml, .yml), then settings as `key=value` or `KEY VALUE`
    #[arg(value_name = "CONFIG | KEY=VALUE | KEY VALUE", allow_negative_numbers = true)]
    words: Vec<String>,
}

impl Settings {
    /// Whether there are any.
    pub(crate) fn is_empty(&self) -> bool {
        self.config_file.is_none() && self.words.is_empty()
    }

    /// As they were given, a file's name among them.
    pub(crate) fn words(&self) -> &[String] {
        &self.words
    }

    /// Resolves them, and tells what was assumed.
    pub(crate) fn load(&self, app: &App) -> Result<Config, Failure> {
        let (file, overrides) = self.split()?;
        let loaded = Config::from_args(file.as_deref(), &app.overrides(overrides))?;
        Ok(announced(loaded, app))
    }

    fn split(&self) -> Result<(Option<PathBuf>, &[String]), Failure> {
        match (&self.config_file, self.words.split_first()) {
            (Some(file), Some((first, _))) if is_config(first) => Err(Failure::usage(format!(
                "configuration: expected one file, got {} and {first}",
                file.display()
            ))),
            (None, Some((first, rest))) if is_config(first) => Ok((Some(first.into()), rest)),
            _ => Ok((self.config_file.clone(), &self.words)),
        }
    }
}

/// The configuration, after its notices have been shown and logged.
pub(crate) fn announced(loaded: Loaded, app: &App) -> Config {
    for notice in &loaded.notices {
        app.terminal.note(&format!("note: {notice}"));
        tracing::info!(target: STORY, "note: {notice}");
    }
    loaded.config
}

fn is_config(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    // `output_dir=old.toml` is a setting.
    !word.contains('=') && [".toml", ".yaml", ".yml"].iter().any(|end| word.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(file: Option<&str>, words: &[&str]) -> Result<(Option<PathBuf>, usize), String> {
        let words = words.iter().map(|&word| word.to_owned()).collect();
        let settings = Settings { config_file: file.map(PathBuf::from), words };
        let split = settings.split().map_err(|failure| failure.to_string());
        split.map(|(file, rest)| (file, rest.len()))
    }

    #[test]
    fn only_the_first_word_can_be_a_file() {
        assert_eq!(split(None, &["a.YAML", "seed=1"]), Ok((Some("a.YAML".into()), 1)));
        assert_eq!(split(None, &["seed=1", "a.toml"]), Ok((None, 2)));
        assert_eq!(split(None, &["output_dir=a.toml"]), Ok((None, 1)));
        assert_eq!(split(Some("b"), &["SEED", "1"]), Ok((Some("b".into()), 2)));
        let message = split(Some("b.toml"), &["a.toml"]).unwrap_err();
        assert_eq!(message, "configuration: expected one file, got b.toml and a.toml");
    }
}
