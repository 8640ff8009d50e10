//! TensorBoard event files: what `metrics.jsonl` and `steps.jsonl` say, in another form.

mod event;
mod record;
mod summary;

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use provpt_runs::{EpochRecord, Error, Metrics, StepRecord, atomic};

use summary::Clock;

/// TensorBoard takes every file whose name has `tfevents` in it.
const NAME: &str = "events.out.tfevents.0.provpt";

/// The event file of a run while the run writes it.
///
/// It repeats what other files say, so a resumed run writes it anew from them, in place: a
/// TensorBoard that watches keeps reading where it was, and finds what it would have found.
#[derive(Debug)]
pub struct EventFile {
    path: PathBuf,
    file: File,
    clock: Clock,
}

impl EventFile {
    /// Opens the event file in `folder` (`RUN/tensorboard`) and brings it to the state of
    /// `metrics` and `steps`, those of all epochs so far.
    ///
    /// # Errors
    /// [`Error::CreateFolder`] or [`Error::Write`].
    pub fn open(folder: &Path, metrics: &Metrics, steps: &[StepRecord]) -> Result<Self, Error> {
        let path = folder.join(NAME);
        atomic::create_parent(&path)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let past: f64 = metrics.iter().map(|record| record.seconds.total()).sum();
        let mut clock = Clock::starting_at(now - past);
        let mut bytes = record::framed(&clock.version());
        for epoch in metrics.iter() {
            let of_epoch = steps.iter().filter(|step| step.epoch == epoch.epoch);
            bytes.extend(clock.events(epoch, of_epoch).iter().flat_map(record::framed));
        }
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        let open = || {
            let mut file = options.open(&path)?;
            file.write_all(&bytes)?;
            file.set_len(bytes.len() as u64)?;
            Ok(file)
        };
        let file = open().map_err(|cause| Error::Write { path: path.clone(), cause })?;
        Ok(Self { path, file, clock })
    }

    /// Appends an epoch and its steps, if they are recorded.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn push(&mut self, epoch: &EpochRecord, steps: &[StepRecord]) -> Result<(), Error> {
        let events = self.clock.events(epoch, steps.iter());
        let bytes: Vec<u8> = events.iter().flat_map(record::framed).collect();
        let written = self.file.write_all(&bytes);
        written.map_err(|cause| Error::Write { path: self.path.clone(), cause })
    }
}

#[cfg(test)]
mod tests;
