//! Clusters: a sweep as arrays of Slurm jobs, or as Indexed Jobs of Kubernetes.

mod kubernetes;
mod ranges;
mod slurm;

use provpt_runs::sweep::Stage;
use serde_json::Value;

pub use kubernetes::Kubernetes;
pub use slurm::{Job, Slurm, Submission, max_array_size};

use crate::Sweep;
use crate::words::THREADS;

/// A stage's name, as the command line has it.
pub(crate) fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Grid => "grid",
        Stage::Final => "final",
    }
}

/// The most threads that a trial of the sweep uses.
pub fn threads(sweep: &Sweep) -> u64 {
    let threads = sweep.trials.iter().filter_map(|trial| trial.config.get(THREADS));
    threads.filter_map(Value::as_u64).max().unwrap_or(1).max(1)
}

/// How often the stage has to be gone through: successive halving does a rung at a time.
fn passes(sweep: &Sweep, stage: Stage) -> usize {
    match (stage, sweep.info.halving) {
        (Stage::Grid, Some(halving)) => {
            let epochs = sweep.groups().iter().map(|group| group.epochs).max().unwrap_or(1);
            halving.rungs(epochs).len()
        }
        _ => 1,
    }
}

#[cfg(test)]
mod tests;
