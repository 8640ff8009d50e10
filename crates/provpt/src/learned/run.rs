//! A run folder, put to use.

use std::path::Path;

use provpt_data::{Reunited, Split, Task};
use provpt_runs::RunFolder;

use crate::config::Config;
use crate::error::Error;
use crate::learn::evaluate::Evaluation;
use crate::learned::Learned;
use crate::learned::open::Place;
use crate::run::load_record;
use crate::run::places::TO_LOOK_AT;
use crate::setup::classes::matched;
use crate::setup::open_task;

/// A run's adapter on the run's backbone, and the configuration that names its task.
pub struct FinishedRun {
    /// What the run learned.
    pub learned: Learned,
    /// As it was trained, and as overridden since.
    pub config: Config,
    folder: RunFolder,
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
    /// Opens a run; `overrides` of its configuration say where things are now, and which images are
    /// meant. What was learned is put to use as it was learned: other settings are refused.
    ///
    /// # Errors
    /// The run or its backbone cannot be read, or they do not belong together.
    pub fn open(run: &Path, overrides: &[String]) -> Result<Self, Error> {
        Self::with(run, overrides, TO_LOOK_AT)
    }

    /// Opens a run, some settings of which may be given anew.
    pub(crate) fn with(
        run: &Path,
        overrides: &[String],
        may: &'static [&'static str],
    ) -> Result<Self, Error> {
        let folder = RunFolder::open(run)?;
        let place = Place::of_run(&folder, overrides, may)?;
        Ok(Self { learned: place.open()?, config: place.config, folder })
    }

    /// The run's task, read again: every image that the run knows is in the split that it was in
    /// when the run began, and others are in that which they are found in. [`Task::remarks`] say
    /// what has changed.
    ///
    /// # Errors
    /// The task cannot be read.
    pub fn task(&self) -> Result<Task, Error> {
        let task = open_task(&self.config)?;
        let Some(record) = load_record(&self.folder)? else { return Ok(task) };
        let record = if self.config.data.test { record } else { record.without_test() };
        let Reunited { mut task, differences } = record.reunite(&task)?;
        task.remarks.extend(differences.lines());
        Ok(task)
    }

    /// Evaluates on one part of a task: of the run's own ([`Self::task`]) or another with classes of
    /// the same names.
    ///
    /// # Errors
    /// The task has no such part or classes that were not learned, or an image cannot be decoded.
    pub fn evaluate(&self, task: &Task, part: Part) -> Result<Evaluation, Error> {
        let (split, name) = part.of(task);
        let none = || Error::NoSplit { task: task.name.clone(), split: name };
        let split = matched(self.learned.classes(), task, split.ok_or_else(none)?)?;
        self.learned.evaluate(&split)
    }
}
