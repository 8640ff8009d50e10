//! How the command at hand takes a setting, so that hints name what can be typed.

use provpt::{PLACES, TO_LOOK_AT};

use crate::commands::Command;

/// How a command takes settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SettingStyle {
    form: Form,
    /// Keys of those that it takes, if not all.
    only: Option<&'static [&'static str]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// As words: `key=value`.
    Words,
    /// As values of an option: `--set key=value`.
    Set,
    /// By options of its own. What has the empty one is an argument.
    Options(&'static [(&'static str, &'static str)]),
}

impl SettingStyle {
    /// All, as words.
    pub(crate) const WORDS: Self = Self { form: Form::Words, only: None };
    /// As words, to go on with a run or to study it.
    pub(crate) const PLACES: Self = Self { form: Form::Words, only: Some(PLACES) };
    /// As words, to look at a run.
    pub(crate) const TO_LOOK_AT: Self = Self { form: Form::Words, only: Some(TO_LOOK_AT) };
    /// All, by an option.
    pub(crate) const SET: Self = Self { form: Form::Set, only: None };
    /// By an option, to use a run.
    pub(crate) const SET_TO_LOOK_AT: Self = Self { form: Form::Set, only: Some(TO_LOOK_AT) };
    /// By options about weights.
    pub(crate) const WEIGHTS: Self = Self::options(&[
        ("model.weights", ""),
        ("model.model_root", "--model-root"),
        ("model.heads", "--heads"),
        ("model.pooling", "--pooling"),
        ("data.crop_size", "--image-size"),
    ]);
    /// By options about a task.
    pub(crate) const DATA: Self = Self::options(&[
        ("data.datapath", ""),
        ("data.name", "--name"),
        ("data.number_classes", "--classes"),
        ("data.check_sizes", "--any-sizes"),
    ]);
    /// Not at all.
    pub(crate) const NOTHING: Self = Self::options(&[]);
    /// All of them.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 8] = [
        Self::WORDS,
        Self::PLACES,
        Self::TO_LOOK_AT,
        Self::SET,
        Self::SET_TO_LOOK_AT,
        Self::WEIGHTS,
        Self::DATA,
        Self::NOTHING,
    ];

    const fn options(options: &'static [(&'static str, &'static str)]) -> Self {
        Self { form: Form::Options(options), only: None }
    }

    pub(crate) fn of(command: &Command) -> Self {
        match command {
            Command::Train(train) if train.resumes() => Self::PLACES,
            Command::Train(_) | Command::Config(_) => Self::WORDS,
            Command::Study(_) => Self::PLACES,
            Command::Eval(_) => Self::TO_LOOK_AT,
            Command::Predict(_) => Self::SET_TO_LOOK_AT,
            Command::Features(features) if features.of_run() => Self::SET_TO_LOOK_AT,
            Command::Features(_) => Self::SET,
            Command::Weights(_) => Self::WEIGHTS,
            Command::Data(_) => Self::DATA,
            _ => Self::NOTHING,
        }
    }

    /// A setting as it is typed, if it can be given: by its key, or by the command's own option.
    pub(crate) fn show(self, key: &str, value: &str) -> Option<String> {
        if self.only.is_some_and(|only| !only.contains(&key)) {
            return None;
        }
        Some(match self.form {
            Form::Words => format!("{key}={value}"),
            Form::Set => format!("--set {key}={value}"),
            Form::Options(options) => {
                match (options.iter().find(|(known, _)| *known == key)?.1, value) {
                    ("", value) => value.to_owned(),
                    // It turns a check off, and has no value.
                    (option, "false") => option.to_owned(),
                    (option, value) => format!("{option} {value}"),
                }
            }
        })
    }

    /// Whether `--threads` may be given.
    pub(crate) fn takes_threads(self) -> bool {
        self.only != Some(PLACES)
    }
}
