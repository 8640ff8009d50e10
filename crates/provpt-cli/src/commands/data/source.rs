//! Which task a command is about.

use std::path::{Path, PathBuf};

use clap::Args;
use provpt::Error;
use provpt_data::{Error as DataError, Task, TaskSpec};

use crate::failure::Failure;

/// A task by path, by name, or by both.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// The task's folder; generated tasks have none
    #[arg(required_unless_present = "name")]
    pub(super) path: Option<PathBuf>,
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
    /// A folder that happens to be called like a published task is not taken for it, as training
    /// does not.
    fn spec(&self) -> TaskSpec {
        TaskSpec {
            path: self.path.clone(),
            number_classes: self.classes,
            check_sizes: !self.any_sizes,
            seed: self.seed,
            ..TaskSpec::new(self.name.clone().unwrap_or_default())
        }
    }

    /// What is left of the task, and what is wrong with it.
    pub(super) fn survey(&self) -> Result<(Task, Vec<DataError>), Failure> {
        let (task, problems) = provpt_data::survey(&self.spec()).map_err(Error::from)?;
        Ok((self.named(task), problems))
    }

    /// The task, if nothing is wrong with it but pixels.
    pub(super) fn open(&self) -> Result<Task, Failure> {
        Ok(self.named(provpt_data::open(&self.spec()).map_err(Error::from)?))
    }

    /// Refuses an output among the data.
    pub(super) fn keep_apart(&self, output: &Path) -> Result<(), Failure> {
        match &self.path {
            Some(path) => Ok(provpt_data::keep_apart(path, output).map_err(Error::from)?),
            None => Ok(()),
        }
    }

    fn named(&self, task: Task) -> Task {
        Task { name: self.name(), ..task }
    }

    /// The name given, else the folder's.
    fn name(&self) -> String {
        let folder = || {
            let path = self.path.as_ref()?.canonicalize().ok()?;
            Some(path.file_name()?.to_string_lossy().into_owned())
        };
        self.name.clone().or_else(folder).unwrap_or_else(|| "task".to_owned())
    }
}
