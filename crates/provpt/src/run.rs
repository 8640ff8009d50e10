//! The two ways to make a run: from a configuration, or on from where one was stopped.

use std::path::Path;

use provpt_runs::report::{self, ReportInput};
use provpt_runs::{BestEpoch, RunFolder, RunResult, Score, Steps};

use crate::config::Config;
use crate::error::Error;
use crate::evaluate::{Evaluation, evaluate};
use crate::observer::Observer;
use crate::setup::Setup;
use crate::trainer::Trainer;

/// Trains as configured; the run is in `config.output_dir` afterwards.
///
/// # Errors
/// Anything from the configuration to a full disk; see [`Error`]. A folder that already has a run
/// is left alone.
pub fn train(config: &Config, observer: &mut dyn Observer) -> Result<RunResult, Error> {
    let setup = Setup::new(config)?;
    let folder = RunFolder::create(&config.output_dir)?;
    provpt_runs::atomic::write(&folder.config(), crate::config::render(config).as_bytes())?;
    go(&setup, &folder, observer, false)
}

/// Goes on with a run that was stopped at any moment; a finished run is left as it is.
///
/// # Errors
/// There is no run, its files are damaged, or anything that [`train`] can meet.
pub fn resume(run: &Path, observer: &mut dyn Observer) -> Result<RunResult, Error> {
    let folder = RunFolder::open(run)?;
    if folder.result().exists() {
        return Ok(RunResult::load(&folder.result())?);
    }
    let config = load_config(&folder)?;
    let setup = Setup::new(&config)?;
    go(&setup, &folder, observer, true)
}

/// The configuration of a run, whatever folder it has been moved to.
pub(crate) fn load_config(folder: &RunFolder) -> Result<Config, Error> {
    let mut config = Config::from_args(Some(&folder.config()), &[])?.config;
    config.output_dir = folder.path().to_owned();
    Ok(config)
}

fn go(
    setup: &Setup,
    folder: &RunFolder,
    observer: &mut dyn Observer,
    resume: bool,
) -> Result<RunResult, Error> {
    let mut trainer = Trainer::new(setup, folder, observer)?;
    if resume {
        trainer.resume()?;
    }
    trainer.run()?;
    let result = result(&trainer)?;
    setup.adapter(&trainer.learner).store(&folder.adapter())?;
    let steps = folder.steps();
    let steps = steps.is_file().then(|| Steps::load(&steps)).transpose()?;
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
    Ok(result)
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
