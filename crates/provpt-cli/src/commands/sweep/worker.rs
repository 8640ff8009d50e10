use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::Ordering;

use clap::Args;
use provpt_sweep::{Event, Holder, Single, Sweep};

use super::work::{Progress, Signals, Working, finish, launcher};
use crate::app::App;
use crate::failure::Failure;

/// Work on one trial of a sweep, as a task of a cluster's array; or on one after the other
///
/// Which trial: --index, else SLURM_ARRAY_TASK_ID, else JOB_COMPLETION_INDEX (Kubernetes), counted
/// from 0 among the trials of the stage. Without any of them: the next that nobody works on, until
/// all have ended. On SIGUSR1, which Slurm sends ahead of a time limit or a pre-emption, the trial
/// is stopped at its last checkpoint, and the task put into the queue again.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt sweep worker out/vtab --stage grid --index 17")]
pub(crate) struct Worker {
    /// The sweep: its folder, or the plan in it
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// Which trial of the stage, from 0
    #[arg(short, long, value_name = "I")]
    index: Option<usize>,
    #[command(flatten)]
    working: Working,
}

impl Worker {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        app.refuse_threads("a sweep")?;
        let sweep = Sweep::open(&self.plan)?;
        let options = self.working.options(provpt_sweep::anywhere(1), None)?;
        let signals = Signals::listen()?;
        let wanted = sweep.stage(options.stage);
        let stop = &signals.stop;
        let index = self.index.map_or_else(index_of_array, |index| Ok(Some(index)))?;
        let count = index.map_or(wanted.len(), |_| 1);
        let progress = Progress::new(app, count, 0);
        let watch = |event: &Event<'_>| progress.event(event);
        let tally = match index {
            None => provpt_sweep::run(&sweep, &launcher()?, &options, stop, &watch)?,
            Some(index) => {
                let (trials, got) = (wanted.len(), index);
                let missing = provpt_sweep::Error::Index { trials, got };
                let trial = *wanted.get(index).ok_or(missing)?;
                let launcher = launcher()?;
                match provpt_sweep::run_one(&sweep, &launcher, &options, trial, stop, &watch)? {
                    Single::Ended(tally) => tally,
                    Single::Held(holder) => {
                        return Err(held(&sweep.trials[trial].id, holder.as_deref()));
                    }
                }
            }
        };
        drop(progress);
        if signals.notice.load(Ordering::Relaxed) && tally.left > 0 {
            return requeue(app, tally.left);
        }
        finish(app, &sweep, &tally, &signals)
    }
}

/// Not done, and whoever has it may not come to its end either.
fn held(trial: &str, holder: Option<&Holder>) -> Failure {
    let by = holder.map(|by| format!(" (process {} on {})", by.pid, by.host)).unwrap_or_default();
    Failure::Held { trial: trial.to_owned(), by }
}

/// The variables by which Slurm and Kubernetes number tasks.
fn index_of_array() -> Result<Option<usize>, Failure> {
    for name in ["SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"] {
        if let Ok(text) = std::env::var(name) {
            let wrong = |_| Failure::usage(format!("{name}: expected a number, got {text:?}"));
            return text.parse().map(Some).map_err(wrong);
        }
    }
    Ok(None)
}

/// Back into Slurm's queue; elsewhere, whoever sent the signal must start it again.
fn requeue(app: &App, left: usize) -> Result<(), Failure> {
    let Some(task) = Holder::here(0).slurm else { return Err(Failure::Interrupted { left }) };
    let status = Command::new("scontrol").arg("requeue").arg(task.name()).status()?;
    if status.success() {
        app.terminal.note(&format!("{}: in the queue again", task.name()));
        return Ok(());
    }
    Err(Failure::Requeue { task: task.name() })
}
