//! The final numbers of a run.

use provpt_runs::{BestEpoch, RunResult, Score};
use provpt_vit::Precision;

use crate::error::Error;
use crate::learn::evaluate::Evaluation;
use crate::run::splits::Splits;
use crate::run::trainer::Trainer;

/// The final numbers: test, or validation where there is no test.
pub(crate) fn result(trainer: &mut Trainer<'_>, splits: &Splits<'_>) -> Result<RunResult, Error> {
    let epoch = trainer.progress.epoch.saturating_sub(1);
    let val = trainer.evaluate(epoch, splits.val.as_ref())?;
    let test = trainer.evaluate(epoch, splits.test.as_ref())?;
    let (setup, learner) = (trainer.setup, &trainer.learner);
    let shown = test.as_ref().or(val.as_ref());
    let metrics = &trainer.metrics;
    Ok(RunResult {
        method: setup.method.name.to_string(),
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
        prompts: learner.parameters.prompt_count(),
        parameters: learner.parameters.set.count(),
        distribution: learner.parameters.distribution(),
        seconds: trainer.progress.seconds,
        peak_memory_bytes: peak_memory(),
        pruned: metrics.iter().map(|record| record.pruned).sum(),
        relocations: metrics.iter().map(|record| record.moves().count()).sum(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        precision: Some(setup.config.precision())
            .filter(|precision| *precision != Precision::F32)
            .map(Precision::describe),
    })
}

fn score(evaluation: &Evaluation) -> Score {
    Score { loss: evaluation.loss, top1: evaluation.top1 }
}

/// The process's largest resident size so far; Linux only.
fn peak_memory() -> Option<u64> {
    let status = fs_err::read_to_string("/proc/self/status").ok()?;
    provpt_base::kilobytes(&status, "VmHWM")
}
