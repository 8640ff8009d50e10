//! Where prepared images are kept beyond memory.

use std::path::PathBuf;

use toml::Value;

use super::rule::Rule;
use super::typed::Typed;

/// The folder of files with prepared images.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CacheFolder {
    /// `provpt` in the user's cache folder. An empty text in files.
    #[default]
    User,
    /// No files are written. The word `none` in files.
    Off,
    /// This folder.
    At(PathBuf),
}

const OFF: &str = "none";

impl CacheFolder {
    /// The folder; none if no files are written, or if the user has no cache folder.
    pub fn path(&self) -> Option<PathBuf> {
        match self {
            Self::User => dirs::cache_dir().map(|folder| folder.join("provpt")),
            Self::Off => None,
            Self::At(folder) => Some(folder.clone()),
        }
    }
}

impl Typed for CacheFolder {
    fn accepts(rule: &Rule) -> String {
        PathBuf::accepts(rule)
    }

    fn read(value: &Value, rule: &Rule) -> Option<Self> {
        let text = String::read(value, rule)?;
        Some(match text.as_str() {
            "" => Self::User,
            OFF => Self::Off,
            _ => Self::At(text.into()),
        })
    }

    fn write(&self, rule: &Rule) -> Value {
        match self {
            Self::User => Value::String(String::new()),
            Self::Off => Value::String(OFF.to_owned()),
            Self::At(folder) => folder.write(rule),
        }
    }
}
