//! How the command at hand takes a setting, so that hints name what can be typed.

use crate::commands::Command;

/// How a command takes settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SettingStyle {
    /// As words: `key=value`.
    Words,
    /// As values of an option: `--set key=value`.
    Set,
    /// By options of its own.
    Options,
}

impl SettingStyle {
    pub(crate) fn of(command: &Command) -> Self {
        match command {
            Command::Features(_) | Command::Predict(_) => Self::Set,
            Command::Weights(_) => Self::Options,
            _ => Self::Words,
        }
    }

    /// A setting as it is typed: by its key, or by the command's own option for it.
    pub(crate) fn show(self, key: &str, option: &str, value: &str) -> String {
        match self {
            Self::Words => format!("{key}={value}"),
            Self::Set => format!("--set {key}={value}"),
            Self::Options => format!("{option} {value}"),
        }
    }
}
