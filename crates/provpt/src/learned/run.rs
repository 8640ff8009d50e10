//! A run folder, put to use.

use std::path::Path;

use provpt_data::{Split, Task};
use provpt_runs::RunFolder;

use crate::config::Config;
use crate::error::Error;
use crate::learn::evaluate::Evaluation;
use crate::learned::Learned;
use crate::learned::classes::matched;
use crate::run::load_config;
use crate::setup::{open_backbone, open_task};

/// A run's adapter on the run's backbone, and the configuration that names its task.
pub struct FinishedRun {
    /// What the run learned.
    pub learned: Learned,
    /// As it was trained, and as overridden since.
    pub config: Config,
}

/// Which images of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What the run learned from.
    Train,
    /// What settings are chosen by.
    Val,
    /// What is reported.
    Test,
}

impl Part {
    /// The images, and what they are called.
    fn of(self, task: &Task) -> (Option<&Split>, &'static str) {
        match self {
            Self::Train => (Some(&task.train), "train"),
            Self::Val => (task.val.as_ref(), "val"),
            Self::Test => (task.test.as_ref(), "test"),
        }
    }
}

impl FinishedRun {
    /// Opens a run; `overrides` of its configuration say where things are now.
    ///
    /// # Errors
    /// The run or its backbone cannot be read, or they do not belong together.
    pub fn open(run: &Path, overrides: &[String]) -> Result<Self, Error> {
        let folder = RunFolder::open(run)?;
        let mut config = load_config(&folder)?;
        config.apply(overrides)?;
        let learned =
            Learned::load(open_backbone(&config)?, &folder.adapter(), config.thread_count())?;
        Ok(Self { learned, config })
    }

    /// The run's task, read again.
    ///
    /// # Errors
    /// The task cannot be read.
    pub fn task(&self) -> Result<Task, Error> {
        open_task(&self.config)
    }

    /// Evaluates on one part of the run's task.
    ///
    /// # Errors
    /// The task has no such part or cannot be read.
    pub fn evaluate(&self, part: Part) -> Result<Evaluation, Error> {
        let task = self.task()?;
        let (split, name) = part.of(&task);
        let none = || Error::NoSplit { task: task.name.clone(), split: name };
        let split = matched(self.learned.classes(), &task, split.ok_or_else(none)?)?;
        self.learned.evaluate(&split)
    }
}
