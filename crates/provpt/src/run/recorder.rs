//! Where a run leaves what it produces: in a folder, or nowhere.

use std::path::PathBuf;

use provpt_data::{Task, TaskRecord};
use provpt_runs::{EpochRecord, Metrics, RunResult, StepRecord};

use crate::error::Error;
use crate::learn::adapter::{Adapter, AdapterConfig};
use crate::setup::Begun;

/// Keeps what a run produces, as it is produced.
///
/// [`FolderRecorder`](super::folder::FolderRecorder) makes the run folder that the program trains
/// in; [`NoRecorder`] keeps nothing, for runs that live in memory.
pub trait Recorder {
    /// What an earlier part of the same run left, if the run is to go on from there.
    ///
    /// # Errors
    /// It cannot be read.
    fn saved(&mut self) -> Result<Option<Saved>, Error>;

    /// The run begins or goes on: whatever was recorded of later epochs is to be forgotten.
    ///
    /// # Errors
    /// It cannot be stored.
    fn begin(&mut self, start: &Start<'_>) -> Result<(), Error>;

    /// A training step is done.
    ///
    /// # Errors
    /// It cannot be stored.
    fn step(&mut self, record: &StepRecord) -> Result<(), Error>;

    /// An epoch is done.
    ///
    /// # Errors
    /// It cannot be stored.
    fn epoch(&mut self, end: &EpochEnd<'_>) -> Result<(), Error>;

    /// The run has come to its end.
    ///
    /// # Errors
    /// It cannot be stored.
    fn finish(&mut self, result: &RunResult, adapter: &Adapter) -> Result<(), Error>;
}

/// What there is when training begins or goes on.
pub struct Start<'a> {
    /// The epochs that are done.
    pub metrics: &'a Metrics,
    /// The images that the run is about.
    pub task: &'a Task,
    /// Whether these are others than those that it began with.
    pub other_images: bool,
}

/// What there is at the end of an epoch.
pub struct EpochEnd<'a> {
    /// The epoch's own record.
    pub record: &'a EpochRecord,
    /// The records of all epochs so far.
    pub metrics: &'a Metrics,
    /// What is learned so far.
    pub adapter: &'a Adapter,
    /// All that is needed to go on from here, as the bytes of a safetensors file.
    pub checkpoint: &'a [u8],
}

/// What an earlier part of a run left.
pub struct Saved {
    /// Its epochs, perhaps more of them than the checkpoint knows of.
    pub metrics: Metrics,
    /// The bytes of its last checkpoint.
    pub checkpoint: Vec<u8>,
    /// What the checkpoint is called in messages.
    pub path: PathBuf,
    /// What its adapter says of itself: the run goes on with the same backbone, and prepares images
    /// in the same way. None: as for a new run.
    pub adapter: Option<AdapterConfig>,
    /// Which images it began with, to be found again. None: whatever the task has now.
    pub data: Option<TaskRecord>,
}

impl Saved {
    /// What a run that goes on is held to; with `other_images`, not to the images that it began
    /// with.
    pub(crate) fn begun(&self, other_images: bool) -> Begun<'_> {
        let Self { path, adapter, data, .. } = self;
        Begun { path, adapter: adapter.as_ref(), data: data.as_ref(), other_images }
    }
}

/// Keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoRecorder;

impl Recorder for NoRecorder {
    fn saved(&mut self) -> Result<Option<Saved>, Error> {
        Ok(None)
    }

    fn begin(&mut self, _: &Start<'_>) -> Result<(), Error> {
        Ok(())
    }

    fn step(&mut self, _: &StepRecord) -> Result<(), Error> {
        Ok(())
    }

    fn epoch(&mut self, _: &EpochEnd<'_>) -> Result<(), Error> {
        Ok(())
    }

    fn finish(&mut self, _: &RunResult, _: &Adapter) -> Result<(), Error> {
        Ok(())
    }
}
