//! The two ways to make a run: from a configuration, or on from where one was stopped.

use std::path::Path;

use provpt_runs::report::{self, ReportInput};
use provpt_runs::{BestEpoch, RunFolder, RunLock, RunResult, Score, Steps, if_there};

use crate::config::Config;
use crate::error::Error;
use crate::evaluate::{Evaluation, evaluate};
use crate::observer::Observer;
use crate::options::{Ended, TrainOptions};
use crate::setup::Setup;
use crate::trainer::Trainer;

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
    let setup = Setup::new(config)?;
    let folder = RunFolder::create(&config.output_dir)?;
    let _lock = RunLock::take(&folder, options.lock_wait)?;
    // Another process may have been here between the two.
    let folder = RunFolder::create(folder.path())?;
    provpt_runs::atomic::write(&folder.config(), crate::config::render(config).as_bytes())?;
    go(Trainer::new(&setup, &folder, observer)?, options)
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
    let config = load_config(&folder)?;
    let setup = Setup::new(&config)?;
    let mut trainer = Trainer::new(&setup, &folder, observer)?;
    trainer.resume()?;
    go(trainer, options)
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

fn go(mut trainer: Trainer<'_>, options: &TrainOptions) -> Result<Ended, Error> {
    let (setup, folder) = (trainer.setup, trainer.folder);
    let of = setup.config.solver.total_epoch;
    if !trainer.run(options.stop_after.unwrap_or(of))? {
        return Ok(Ended::Stopped { epochs: trainer.progress.epoch, of });
    }
    let result = result(&trainer)?;
    setup.adapter(&trainer.learner).store(&folder.adapter())?;
    let steps = if_there(&folder.steps(), Steps::load)?;
    // The report first: with `result.json` in place the run counts as finished.
    let report = report::render(&ReportInput {
        title: &format!("{} on {}", result.method, result.task),
        config_toml: &crate::config::render(&setup.config),
        metrics: &trainer.metrics,
        steps: steps.as_ref(),
        result: Some(&result),
        study: None,
    });
    provpt_runs::atomic::write(&folder.report(), report.as_bytes())?;
    result.store(&folder.result())?;
    Ok(Ended::Finished(Box::new(result)))
}

/// The final numbers: test, or validation where there is no test.
fn result(trainer: &Trainer<'_>) -> Result<RunResult, Error> {
    let (setup, learner) = (trainer.setup, &trainer.learner);
    let model = learner.model(&setup.engine);
    let run = |source: &Option<_>| source.as_ref().map(|s| evaluate(&model, s)).transpose();
    let (val, test) = (run(&trainer.val)?, run(&trainer.test)?);
    let bank = learner.bank.as_ref();
    let shown = test.as_ref().or(val.as_ref());
    let head = learner.head.weight.len() + learner.head.bias.len();
    let metrics = &trainer.metrics;
    Ok(RunResult {
        method: setup.config.method_name(),
        task: setup.task.name.clone(),
        backbone: setup.backbone.name.clone(),
        seed: setup.config.seed,
        epochs: trainer.progress.epoch,
        train_top1: metrics.last().map_or(0.0, |record| record.train_top1),
        val: val.as_ref().map(score),
        best_val: trainer.progress.best.map(|(epoch, top1)| BestEpoch { epoch, top1 }),
        per_class: shown.map(|e| e.per_class(&setup.task.classes)).unwrap_or_default(),
        confusion: shown.map(|e| e.confusion.clone()).unwrap_or_default(),
        test: test.as_ref().map(score),
        prompts: bank.map_or(0, |b| b.len()),
        parameters: head + bank.map_or(0, |b| b.values().len()),
        distribution: bank.map(|b| b.distribution()).unwrap_or_default(),
        seconds: trainer.progress.seconds,
        peak_memory_bytes: peak_memory(),
        relocations: metrics.iter().filter(|r| r.relocation.is_some()).count(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

fn score(evaluation: &Evaluation) -> Score {
    Score { loss: evaluation.loss, top1: evaluation.top1 }
}

/// The process's largest resident size so far; Linux only.
fn peak_memory() -> Option<u64> {
    let status = fs_err::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kb| kb * 1024)
}
