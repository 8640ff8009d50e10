//! Where a run leaves what it produces: in a folder, or nowhere.

use std::path::PathBuf;

use provpt_runs::{EpochRecord, Metrics, RunResult, StepRecord};

use crate::error::Error;
use crate::learn::adapter::Adapter;

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

    /// The run begins, or goes on after the epochs in `metrics`: whatever was recorded of later
    /// epochs is to be forgotten.
    ///
    /// # Errors
    /// It cannot be stored.
    fn begin(&mut self, metrics: &Metrics) -> Result<(), Error>;

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
}

/// Keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoRecorder;

impl Recorder for NoRecorder {
    fn saved(&mut self) -> Result<Option<Saved>, Error> {
        Ok(None)
    }

    fn begin(&mut self, _: &Metrics) -> Result<(), Error> {
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
