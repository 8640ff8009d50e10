//! The recorder of a run folder.

use std::path::{Path, PathBuf};

use provpt_data::TaskRecord;
use provpt_runs::{Metrics, RunFolder, RunResult, StepLog, StepRecord, atomic};

use crate::error::Error;
use crate::learn::adapter::{Adapter, AdapterConfig};
use crate::run::recorder::{EpochEnd, Recorder, Saved, Start};

/// Writes `data.json`, `metrics.jsonl`, `steps.jsonl`, `adapter/`, `checkpoint/` and `result.json`.
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

/// Which images a run began with; none for a run of an earlier version.
pub(crate) fn load_record(folder: &RunFolder) -> Result<Option<TaskRecord>, Error> {
    let path = folder.data();
    if !path.exists() {
        return Ok(None);
    }
    let record = serde_json::from_slice(&fs_err::read(&path)?);
    record.map(Some).map_err(|error| Error::damaged(&path, error.to_string()))
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
        let metrics = Metrics::load(&self.folder.metrics())?;
        // Earlier versions wrote the adapter after the checkpoint: a kill left one without the other.
        let adapter = Adapter::is_whole_in(&self.folder.adapter())
            .then(|| AdapterConfig::load(&self.folder.adapter()))
            .transpose()?;
        let data = load_record(&self.folder)?;
        Ok(Some(Saved { metrics, checkpoint, path, adapter, data }))
    }

    fn begin(&mut self, start: &Start<'_>) -> Result<(), Error> {
        let data = self.folder.data();
        // A run without an epoch begins with what is there now.
        if start.metrics.is_empty() || start.other_images || !data.exists() {
            atomic::write_json(&data, &TaskRecord::of(start.task)?)?;
        }
        let open = || StepLog::open(&self.folder.steps(), start.metrics.len());
        self.log = self.steps.then(open).transpose()?;
        Ok(())
    }

    fn step(&mut self, record: &StepRecord) -> Result<(), Error> {
        Ok(self.log.as_mut().map_or(Ok(()), |log| log.push(record))?)
    }

    /// The checkpoint comes after what belongs to it. A kill in between leaves lines too many, which
    /// resuming drops, and an adapter that is an epoch ahead.
    fn epoch(&mut self, end: &EpochEnd<'_>) -> Result<(), Error> {
        if let Some(log) = &mut self.log {
            log.sync()?;
        }
        end.metrics.store(&self.folder.metrics())?;
        end.adapter.store(&self.folder.adapter())?;
        let path = state(&self.folder.checkpoint());
        atomic::create_parent(&path)?;
        atomic::write(&path, end.checkpoint)?;
        tracing::debug!(epochs = end.metrics.len(), folder = %self.folder.path().display(), "stored");
        Ok(())
    }

    fn finish(&mut self, result: &RunResult, adapter: &Adapter) -> Result<(), Error> {
        adapter.store(&self.folder.adapter())?;
        // With this file in place the run counts as finished.
        Ok(result.store(&self.folder.result())?)
    }
}
