//! How far a sweep is, read off its files.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use provpt_runs::sweep::{Choice, Stage, TrialFailure};
use provpt_runs::{RunResult, if_there};
use serde::Serialize;
use serde_json::Value;

use crate::board::Rungs;
use crate::claim::Holder;
use crate::{Error, Sweep};

/// How far a sweep is.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Status {
    /// The sweep's name.
    pub name: String,
    /// All trials.
    pub trials: Counts,
    /// Seconds until the end at the present pace, if there is one: the median of the trials that
    /// are done, times those that wait, over those that run.
    pub seconds_left: Option<f64>,
    /// By task and method, in the plan's order.
    pub groups: Vec<GroupStatus>,
}

/// How far the trials of one task and method are.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct GroupStatus {
    /// The task.
    pub task: String,
    /// The method.
    pub method: String,
    /// Its trials.
    pub trials: Counts,
    /// The best trial of the grid so far.
    pub best: Option<Best>,
    /// What was picked of the grid, if it is.
    pub choice: Option<Choice>,
    /// Test accuracies of final runs, in the plan's order.
    pub tests: Vec<f64>,
    /// Trials that failed.
    pub failures: Vec<TrialFailure>,
}

/// The best trial of a grid so far.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Best {
    /// The trial.
    pub trial: String,
    /// Its values.
    pub values: BTreeMap<String, Value>,
    /// Its val top-1 in the last epoch.
    pub val_top1: f64,
}

/// Numbers of trials.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// With a result.
    pub done: usize,
    /// Somebody works on them.
    pub running: usize,
    /// Without a result.
    pub failed: usize,
    /// Given up by successive halving.
    pub stopped: usize,
    /// Not begun, or to be gone on with.
    pub waiting: usize,
}

/// Reads the state of all trials. A claim counts as held unless its process can be seen to be gone:
/// whether one on another machine is, only time tells.
///
/// # Errors
/// A file of the sweep is damaged.
pub fn status(sweep: &Sweep) -> Result<Status, Error> {
    let looker = Looker {
        sweep,
        here: Holder::here(0),
        failed: names(&sweep.folder.failure(""))?,
        claimed: names(&sweep.folder.claims("x"))?,
    };
    let mut status = Status { name: sweep.info.name.clone(), ..Status::default() };
    let mut seconds = Vec::new();
    for group in 0..sweep.groups().len() {
        let group = looker.group(group, &mut seconds)?;
        status.trials = sum(status.trials, group.trials);
        status.groups.push(group);
    }
    status.seconds_left = seconds_left(seconds, status.trials);
    Ok(status)
}

struct Looker<'a> {
    sweep: &'a Sweep,
    here: Holder,
    /// Trials that have a failure.
    failed: HashSet<String>,
    /// Trials that have claims.
    claimed: HashSet<String>,
}

impl Looker<'_> {
    fn group(&self, group: usize, seconds: &mut Vec<f64>) -> Result<GroupStatus, Error> {
        let (sweep, group) = (self.sweep, &self.sweep.groups()[group]);
        let mut rungs = Rungs::new(sweep, group);
        rungs.refresh(sweep)?;
        let mut status = GroupStatus {
            task: group.task.clone(),
            method: group.method.clone(),
            choice: if_there(&sweep.folder.choice(&group.task, &group.method), Choice::load)?,
            ..GroupStatus::default()
        };
        let mut grid = Vec::new();
        for &index in group.grid.iter().chain(&group.finals) {
            let trial = &sweep.trials[index];
            let counts = &mut status.trials;
            if let Some(result) = if_there(&sweep.folder.run(trial).result(), RunResult::load)? {
                counts.done += 1;
                seconds.push(result.seconds);
                match trial.stage {
                    Stage::Grid => grid.push((index, result.val.and_then(|val| val.accuracy()))),
                    Stage::Final => status.tests.extend(result.test.map(|test| test.top1)),
                }
            } else if self.failed.contains(&trial.id) {
                counts.failed += 1;
                status.failures.push(TrialFailure::load(&sweep.folder.failure(&trial.id))?);
            } else if trial.stage == Stage::Grid && rungs.gave_up(index) {
                counts.stopped += 1;
            } else if self.runs(index)? {
                counts.running += 1;
            } else {
                counts.waiting += 1;
            }
        }
        status.best = sweep.best(&grid).map(|(trial, val_top1)| {
            let (trial, values) = (trial.id.clone(), trial.values.clone());
            Best { trial, values, val_top1 }
        });
        Ok(status)
    }

    fn runs(&self, trial: usize) -> Result<bool, Error> {
        if !self.claimed.contains(&self.sweep.trials[trial].id) {
            return Ok(false);
        }
        let latest = self.sweep.claims(trial).latest()?;
        let held = latest.filter(|latest| latest.end.is_none());
        Ok(held.is_some_and(|held| held.holder.is_none_or(|by| !self.here.knows_gone(&by))))
    }
}

/// Names, without extension, of what lies beside `path`.
fn names(path: &Path) -> Result<HashSet<String>, Error> {
    let Some(folder) = path.parent().filter(|folder| folder.is_dir()) else {
        return Ok(HashSet::new());
    };
    let mut names = HashSet::new();
    for entry in fs_err::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.insert(name.split('.').next().unwrap_or_default().to_owned());
    }
    Ok(names)
}

fn sum(a: Counts, b: Counts) -> Counts {
    Counts {
        done: a.done + b.done,
        running: a.running + b.running,
        failed: a.failed + b.failed,
        stopped: a.stopped + b.stopped,
        waiting: a.waiting + b.waiting,
    }
}

fn seconds_left(mut seconds: Vec<f64>, trials: Counts) -> Option<f64> {
    seconds.retain(|seconds| seconds.is_finite());
    seconds.sort_by(f64::total_cmp);
    let median = *seconds.get(seconds.len() / 2)?;
    (trials.running > 0).then(|| median * trials.waiting as f64 / trials.running as f64)
}
