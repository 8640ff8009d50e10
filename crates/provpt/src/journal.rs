//! What a run writes down as it goes, beside its metrics.

use provpt_report::EventFile;
use provpt_runs::{EpochRecord, Metrics, RunFolder, StepLog, StepRecord, Steps};

use crate::config::Log;
use crate::error::Error;

/// Training steps and TensorBoard's events, as far as they are wanted.
#[derive(Default)]
pub(crate) struct Journal {
    steps: Option<StepLog>,
    events: Option<EventFile>,
    /// The steps of the epoch, where the events need them.
    epoch: Vec<StepRecord>,
}

impl Journal {
    /// Opens the files; what they have beyond the epochs in `metrics` goes.
    pub(crate) fn open(folder: &RunFolder, log: &Log, metrics: &Metrics) -> Result<Self, Error> {
        let path = folder.steps();
        let steps = log.steps.then(|| StepLog::open(&path, metrics.len())).transpose()?;
        let mut events = None;
        if log.tensorboard {
            let known = if steps.is_some() { Steps::load(&path)? } else { Steps::default() };
            events = Some(EventFile::open(&folder.tensorboard(), metrics, &known)?);
        }
        Ok(Self { steps, events, epoch: Vec::new() })
    }

    pub(crate) fn step(&mut self, record: StepRecord) -> Result<(), Error> {
        let Some(steps) = &mut self.steps else { return Ok(()) };
        steps.push(&record)?;
        if self.events.is_some() {
            self.epoch.push(record);
        }
        Ok(())
    }

    /// An epoch is done: all of it must be on disk before its checkpoint is.
    pub(crate) fn epoch(&mut self, record: &EpochRecord) -> Result<(), Error> {
        if let Some(steps) = &mut self.steps {
            steps.sync()?;
        }
        if let Some(events) = &mut self.events {
            events.push(record, &self.epoch)?;
        }
        self.epoch.clear();
        Ok(())
    }
}
