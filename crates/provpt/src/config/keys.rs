//! The settings by their names.

use std::sync::LazyLock;

use toml::Value;

use super::error::ConfigError;
use super::program::PUBLISHED as PROGRAM;
use super::published::{PUBLISHED, Published};
use super::recipe::RECIPE;
use super::settings::Config;
use super::table::Section;

/// A setting, as [`render_defaults`](super::render_defaults) shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Dotted, in lower case.
    pub name: String,
    /// What it does, in one line.
    pub help: String,
    /// What it accepts, in words.
    pub accepts: String,
    /// Its value unless something else is given.
    pub default: Value,
    /// Other spellings, in lower case.
    pub aliases: &'static [&'static str],
}

static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
    let mut keys = Vec::new();
    Config::default().visit(&mut |field| {
        keys.push(Key {
            name: field.name(),
            help: field.help(),
            accepts: field.accepts(),
            default: field.value(),
            aliases: field.aliases,
        });
    });
    keys
});

/// Every setting, in the order in which they are printed.
pub fn keys() -> &'static [Key] {
    &KEYS
}

/// The dotted key that a spelling means; `origin` says where it stood.
///
/// # Errors
/// [`ConfigError::UnknownKey`].
pub fn key(spelling: &str, origin: &str) -> Result<&'static str, ConfigError> {
    find(spelling, origin).map(|found| match found {
        Found::Setting(key) => key.name.as_str(),
        Found::Published(name, _) | Found::Word(name) => name,
    })
}

/// What a spelling means.
pub(super) enum Found {
    /// A setting.
    Setting(&'static Key),
    /// A key of the published code that is no setting.
    Published(&'static str, &'static Published),
    /// A word about the file or command line that it stands in.
    Word(&'static str),
}

/// What a spelling means, in any mixture of cases.
pub(super) fn find(spelling: &str, origin: &str) -> Result<Found, ConfigError> {
    let wanted = spelling.to_lowercase();
    let spelled = |name: &str, others: &[&str]| name == wanted || others.contains(&&*wanted);
    if let Some(key) = KEYS.iter().find(|key| spelled(&key.name, key.aliases)) {
        return Ok(Found::Setting(key));
    }
    for row in PUBLISHED {
        if let Some(name) = row.names.iter().find(|name| **name == wanted) {
            return Ok(Found::Published(name, row));
        }
    }
    if let Some(word) = [PROGRAM, RECIPE].into_iter().find(|word| wanted == *word) {
        return Ok(Found::Word(word));
    }
    let score = |key: &Key| strsim::jaro_winkler(&wanted, &key.name);
    let nearest = KEYS.iter().max_by(|a, b| score(a).total_cmp(&score(b)));
    Err(ConfigError::UnknownKey {
        key: spelling.to_owned(),
        nearest: nearest.map_or("", |key| &key.name),
        origin: origin.to_owned(),
    })
}
