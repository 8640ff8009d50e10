//! Which task a command is about.

use std::path::PathBuf;

use clap::Args;
use provpt_data::TaskSpec;

/// A task by path, by name, or by both.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// The task's folder; generated tasks have none
    #[arg(required_unless_present = "name")]
    path: Option<PathBuf>,
    /// The task's name, as `provpt data list` has it; it decides labels and splits where a data set
    /// holds several tasks
    #[arg(long, value_name = "TASK")]
    name: Option<String>,
    /// Number of classes, where the task does not say
    #[arg(long, value_name = "N")]
    classes: Option<usize>,
    /// Take splits that have not the official sizes, as data.check_sizes=false
    #[arg(long)]
    any_sizes: bool,
    /// Decides which images are drawn, where any are
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) seed: u64,
}

impl Source {
    pub(super) fn spec(&self) -> TaskSpec {
        TaskSpec {
            path: self.path.clone(),
            number_classes: self.classes,
            check_sizes: !self.any_sizes,
            seed: self.seed,
            ..TaskSpec::new(self.name())
        }
    }

    /// The name given, else the folder's.
    pub(super) fn name(&self) -> String {
        let folder = || {
            let path = self.path.as_ref()?.canonicalize().ok()?;
            Some(path.file_name()?.to_string_lossy().into_owned())
        };
        self.name.clone().or_else(folder).unwrap_or_else(|| "task".to_owned())
    }
}
