//! The recorder of a run folder.

use std::path::{Path, PathBuf};

use provpt_runs::{Metrics, RunFolder, RunResult, StepLog, StepRecord, atomic};

use crate::error::Error;
use crate::learn::adapter::Adapter;
use crate::run::recorder::{EpochEnd, Recorder, Saved};

/// Writes `metrics.jsonl`, `steps.jsonl`, `adapter/`, `checkpoint/` and `result.json`.
#[derive(Debug)]
pub struct FolderRecorder {
    folder: RunFolder,
    /// Whether steps are written.
    steps: bool,
    log: Option<StepLog>,
}

impl FolderRecorder {
    /// A recorder for a folder; with `steps`, it writes `steps.jsonl`, too.
    pub fn new(folder: RunFolder, steps: bool) -> Self {
        Self { folder, steps, log: None }
    }
}

/// The file of a checkpoint.
fn state(folder: &Path) -> PathBuf {
    folder.join("state.safetensors")
}

impl Recorder for FolderRecorder {
    fn saved(&mut self) -> Result<Option<Saved>, Error> {
        let path = state(&self.folder.checkpoint());
        if !path.exists() {
            return Ok(None);
        }
        let checkpoint = fs_err::read(&path)?;
        Ok(Some(Saved { metrics: Metrics::load(&self.folder.metrics())?, checkpoint, path }))
    }

    fn begin(&mut self, metrics: &Metrics) -> Result<(), Error> {
        let open = || StepLog::open(&self.folder.steps(), metrics.len());
        self.log = self.steps.then(open).transpose()?;
        Ok(())
    }

    fn step(&mut self, record: &StepRecord) -> Result<(), Error> {
        Ok(self.log.as_mut().map_or(Ok(()), |log| log.push(record))?)
    }

    /// The checkpoint comes after what belongs to it: a kill in between leaves lines too many,
    /// which resuming drops.
    fn epoch(&mut self, end: &EpochEnd<'_>) -> Result<(), Error> {
        if let Some(log) = &mut self.log {
            log.sync()?;
        }
        end.metrics.store(&self.folder.metrics())?;
        let path = state(&self.folder.checkpoint());
        atomic::create_parent(&path)?;
        atomic::write(&path, end.checkpoint)?;
        end.adapter.store(&self.folder.adapter())?;
        tracing::debug!(epochs = end.metrics.len(), folder = %self.folder.path().display(), "stored");
        Ok(())
    }

    fn finish(&mut self, result: &RunResult, adapter: &Adapter) -> Result<(), Error> {
        adapter.store(&self.folder.adapter())?;
        // With this file in place the run counts as finished.
        Ok(result.store(&self.folder.result())?)
    }
}
