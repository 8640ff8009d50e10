//! Runs: from a configuration, on from where one was stopped, or on a task and a backbone at hand.

mod checkpoint;
mod folder;
pub(crate) mod options;
mod recorder;
mod result;
mod splits;
mod trainer;
mod training;
#[cfg(test)]
mod trajectory;

use std::path::Path;

pub use folder::FolderRecorder;
use provpt_runs::{RunFolder, RunLock, RunResult};
pub use recorder::{EpochEnd, NoRecorder, Recorder, Saved};
pub use training::{Trained, Training};

use crate::config::Config;
use crate::error::Error;
use crate::learn::adapter::AdapterConfig;
use crate::observer::{Event, Observer};
use crate::run::options::{Ended, TrainOptions};
use crate::run::trainer::Trainer;
use crate::setup::Setup;

/// Trains as configured; the run is in `config.output_dir` afterwards.
///
/// # Errors
/// Anything from the configuration to a full disk; see [`Error`]. A folder that already has a run
/// is left alone.
pub fn train(
    config: &Config,
    options: &TrainOptions,
    observer: &mut dyn Observer,
) -> Result<Ended, Error> {
    config.check()?;
    place_of_output(config)?;
    let setup = Setup::open(config)?;
    let folder = RunFolder::create(&config.output_dir)?;
    let _lock = RunLock::take(&folder, options.lock_wait)?;
    // Another process may have been here between the two.
    let folder = RunFolder::create(folder.path())?;
    provpt_runs::atomic::write(&folder.config(), crate::config::render(config).as_bytes())?;
    in_folder(&setup, folder, options, observer)
}

/// Goes on with a run that was stopped at any moment; a finished run is left as it is.
///
/// # Errors
/// There is no run, another process trains it, its files are damaged, or anything that [`train`]
/// can meet.
pub fn resume(
    run: &Path,
    options: &TrainOptions,
    observer: &mut dyn Observer,
) -> Result<Ended, Error> {
    let folder = RunFolder::open(run)?;
    if let Some(result) = finished(&folder)? {
        return Ok(result);
    }
    let _lock = RunLock::take(&folder, options.lock_wait)?;
    // Whoever had the lock may have come to the end.
    if let Some(result) = finished(&folder)? {
        return Ok(result);
    }
    let mut setup = Setup::open(&load_config(&folder)?)?;
    if let Ok(earlier) = AdapterConfig::load(&folder.adapter()) {
        setup.prepare_as(earlier.preprocessing);
    }
    in_folder(&setup, folder, options, observer)
}

/// A run's folder is none of the data's.
fn place_of_output(config: &Config) -> Result<(), Error> {
    match &config.data.datapath {
        Some(data) => Ok(provpt_data::keep_apart(data, &config.output_dir)?),
        None => Ok(()),
    }
}

fn finished(folder: &RunFolder) -> Result<Option<Ended>, Error> {
    if !folder.is_finished() {
        return Ok(None);
    }
    Ok(Some(Ended::Finished(Box::new(RunResult::load(&folder.result())?))))
}

/// The configuration of a run, whatever folder it has been moved to.
pub(crate) fn load_config(folder: &RunFolder) -> Result<Config, Error> {
    let mut config = Config::from_args(Some(&folder.config()), &[])?.config;
    config.output_dir = folder.path().to_owned();
    Ok(config)
}

fn in_folder(
    setup: &Setup,
    folder: RunFolder,
    options: &TrainOptions,
    observer: &mut dyn Observer,
) -> Result<Ended, Error> {
    let mut recorder = FolderRecorder::new(folder, setup.config.log.steps);
    let mut trainer = Trainer::new(setup, &mut recorder, observer)?;
    let of = setup.config.solver.total_epoch;
    match go(&mut trainer, options.stop_after.unwrap_or(of))? {
        Some(result) => Ok(Ended::Finished(Box::new(result))),
        None => Ok(Ended::Stopped { epochs: trainer.progress.epoch, of }),
    }
}

/// Trains until so many epochs are done; the final numbers if that was the end of the run.
fn go(trainer: &mut Trainer<'_>, until: usize) -> Result<Option<RunResult>, Error> {
    if !trainer.run(until)? {
        return Ok(None);
    }
    let result = result::result(trainer)?;
    trainer.observer.event(&Event::Finished(&result));
    let adapter = trainer.setup.adapter(&trainer.learner.parameters);
    trainer.recorder.finish(&result, &adapter)?;
    Ok(Some(result))
}
