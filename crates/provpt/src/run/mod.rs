//! Runs: from a configuration, on from where one was stopped, or on a task and a backbone at hand.

mod checkpoint;
mod folder;
#[cfg(test)]
mod golden_biases;
#[cfg(test)]
mod golden_prompts;
pub(crate) mod options;
pub(crate) mod places;
mod recorder;
mod result;
mod splits;
mod trainer;
mod training;
#[cfg(test)]
mod trajectory;
#[cfg(test)]
mod wiring;

use std::path::Path;

pub use folder::FolderRecorder;
pub(crate) use folder::load_record;
use provpt_runs::{RunFolder, RunLock, RunResult};
pub use recorder::{EpochEnd, NoRecorder, Recorder, Saved, Start};
pub use training::{Trained, Training};

use crate::config::{CacheFolder, Config};
use crate::error::Error;
use crate::learn::adapter::Adapter;
use crate::observer::Observer;
use crate::run::options::{Ended, TrainOptions};
use crate::run::places::PLACES;
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
    let config = &config.settled()?;
    keep_apart(config)?;
    let setup = Setup::open(config, None)?;
    let folder = RunFolder::create(&config.output_dir)?;
    let _lock = RunLock::take(&folder, options.lock_wait)?;
    // Another process may have been here between the two.
    let folder = RunFolder::create(folder.path())?;
    provpt_runs::atomic::write(&folder.config(), crate::config::render(config).as_bytes())?;
    let mut recorder = FolderRecorder::new(folder, config.log.steps);
    go(Trainer::new(&setup, None, &mut recorder, observer)?, options)
}

/// Goes on with a run that was stopped at any moment; a finished one has nothing left to train.
/// `places` are settings that say where things are now (data, weights, caches), which the run keeps
/// to from here on.
///
/// # Errors
/// There is no run, another process trains it, its files are damaged, its images are not those that
/// it began with, or anything that [`train`] can meet.
pub fn resume(
    run: &Path,
    places: &[String],
    options: &TrainOptions,
    observer: &mut dyn Observer,
) -> Result<Ended, Error> {
    let folder = RunFolder::open(run)?;
    if let Some(result) = finished(&folder)?.filter(|_| places.is_empty()) {
        return Ok(result);
    }
    let _lock = RunLock::take(&folder, options.lock_wait)?;
    let began = load_config(&folder)?;
    let config = places::moved(&began, places, PLACES)?;
    // Whoever had the lock may have come to the end.
    let finished = finished(&folder)?;
    if config == began
        && let Some(result) = finished
    {
        return Ok(result);
    }
    if config != began {
        keep_apart(&config)?;
    }
    let path = folder.config();
    let mut recorder = FolderRecorder::new(folder, config.log.steps);
    let saved = recorder.saved()?;
    let begun = saved.as_ref().map(|saved| saved.begun(options.other_images));
    let setup = Setup::open(&config, begun)?;
    if config != began {
        provpt_runs::atomic::write(&path, crate::config::render(&config).as_bytes())?;
    }
    if let Some(result) = finished {
        return Ok(result);
    }
    go(Trainer::new(&setup, saved, &mut recorder, observer)?, options)
}

/// What is written lies nowhere among the data.
fn keep_apart(config: &Config) -> Result<(), Error> {
    let Some(data) = &config.data.datapath else { return Ok(()) };
    provpt_data::keep_apart(data, &config.output_dir)?;
    match &config.data.cache_dir {
        CacheFolder::At(folder) => Ok(provpt_data::keep_apart(data, folder)?),
        CacheFolder::User | CacheFolder::Off => Ok(()),
    }
}

/// The result of a run with nothing left to do: one whose adapter was lost makes it again.
fn finished(folder: &RunFolder) -> Result<Option<Ended>, Error> {
    if !folder.is_finished() || !Adapter::is_whole_in(&folder.adapter()) {
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

fn go(mut trainer: Trainer<'_>, options: &TrainOptions) -> Result<Ended, Error> {
    let of = trainer.setup.config.solver.total_epoch;
    match trainer.run(options.stop_after.unwrap_or(of))? {
        Some(result) => Ok(Ended::Finished(Box::new(result))),
        None => Ok(Ended::Stopped { epochs: trainer.progress.epoch, of }),
    }
}
