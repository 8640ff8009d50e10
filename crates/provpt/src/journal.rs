//! What a run writes down as it goes, beside its metrics.

use provpt_runs::{RunFolder, StepLog, StepRecord};

use crate::config::Log;
use crate::error::Error;

/// Training steps, if they are wanted.
#[derive(Default)]
pub(crate) struct Journal {
    steps: Option<StepLog>,
}

impl Journal {
    /// Opens the file; what it has beyond the first `epochs` goes.
    pub(crate) fn open(folder: &RunFolder, log: &Log, epochs: usize) -> Result<Self, Error> {
        let steps = log.steps.then(|| StepLog::open(&folder.steps(), epochs)).transpose()?;
        Ok(Self { steps })
    }

    pub(crate) fn step(&mut self, record: &StepRecord) -> Result<(), Error> {
        self.steps.as_mut().map_or(Ok(()), |steps| Ok(steps.push(record)?))
    }

    /// An epoch is done: all of it must be on disk before its checkpoint is.
    pub(crate) fn sync(&mut self) -> Result<(), Error> {
        self.steps.as_mut().map_or(Ok(()), |steps| Ok(steps.sync()?))
    }
}
