//! The trials of a sweep, looked at again and again. Thousands may be waiting or done: those cost
//! nothing but their names in a list of files.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use provpt_runs::sweep::{Plan, Rung, Stage, SweepFolder, SweepInfo, Trial, TrialFailure};

use super::pulse::{Stamp, stamp};
use super::run::Eye;
use super::{Sight, State};

/// What is known of a sweep.
#[derive(Debug)]
pub(super) struct SweepEye {
    folder: SweepFolder,
    plan: Stamp,
    name: Option<String>,
    trials: Vec<(Trial, Eye)>,
}

/// The names that lie in the sweep's folders.
struct Names {
    runs: HashSet<String>,
    claims: HashSet<String>,
    failures: HashSet<String>,
    /// Trials that successive halving lets go on, by the name of their grid's file of rungs.
    alive: HashMap<String, Vec<String>>,
}

impl SweepEye {
    pub(super) fn new(folder: SweepFolder) -> Self {
        Self { folder, plan: None, name: None, trials: Vec::new() }
    }

    /// The name that the sweep was given.
    pub(super) fn name(&self) -> Option<String> {
        self.name.clone()
    }

    pub(super) fn look(&mut self) -> Vec<Sight> {
        self.read_plan();
        let list = |name: &str| names(&self.folder.path().join(name));
        let names = Names {
            runs: list("trials"),
            claims: list("claims"),
            failures: list("failures"),
            alive: alive(&self.folder.path().join("rungs")),
        };
        for (trial, eye) in &mut self.trials {
            look_at(&self.folder, &names, trial, eye);
        }
        self.trials.iter().map(|(_, eye)| eye.sight.clone()).collect()
    }

    fn read_plan(&mut self) {
        let now = stamp(&self.folder.plan());
        if now == self.plan {
            return;
        }
        let Ok(plan) = Plan::load(&self.folder.plan()) else { return };
        let info = SweepInfo::load(&self.folder.info()).ok();
        self.plan = now;
        self.name = info.map(|info| info.name).filter(|name| !name.is_empty());
        let eye = |trial: Trial| {
            let eye = eye(&self.folder, &trial);
            (trial, eye)
        };
        self.trials = plan.trials.into_iter().map(eye).collect();
    }
}

fn eye(folder: &SweepFolder, trial: &Trial) -> Eye {
    let mut eye = Eye::of(folder.run(trial), name(trial));
    eye.sight.total = trial.epochs();
    eye.sight.task.clone_from(&trial.task);
    eye.sight.method.clone_from(&trial.method);
    eye.sight.grid = trial.stage == Stage::Grid;
    eye
}

/// `base_lr=2.5 weight_decay=0.01 seed=18`, or `final seed=18`.
fn name(trial: &Trial) -> String {
    let mut words = Vec::new();
    if trial.stage == Stage::Final {
        words.push("final".to_owned());
    }
    for (key, value) in &trial.values {
        let key = key.rsplit('.').next().unwrap_or(key);
        words.push(format!("{key}={}", value.as_str().map_or(value.to_string(), str::to_owned)));
    }
    words.push(format!("seed={}", trial.seed));
    words.join(" ")
}

fn look_at(folder: &SweepFolder, names: &Names, trial: &Trial, eye: &mut Eye) {
    if eye.sight.state == State::Done {
        return;
    }
    let run = trial.folder.rsplit('/').next().unwrap_or_default();
    let touched = names.runs.contains(run) || names.claims.contains(&trial.id);
    if touched && eye.finished() {
        // Methods and tasks are called as in the plan.
        eye.sight.task.clone_from(&trial.task);
        eye.sight.method.clone_from(&trial.method);
        return;
    }
    if touched {
        eye.read_metrics();
    }
    if names.failures.contains(&format!("{}.json", trial.id)) {
        let failure = TrialFailure::load(&folder.failure(&trial.id)).ok();
        eye.sight.reason = failure.map(|failure| failure.reason).or(eye.sight.reason.take());
        eye.sight.state = State::Failed;
        return;
    }
    eye.sight.reason = None;
    if let Some(beat) = held(&folder.claims(&trial.id)).filter(|_| touched) {
        return eye.feel(Some(beat));
    }
    let alive = names.alive.get(&format!("{}.{}.json", trial.task, trial.method));
    let stopped = eye.sight.grid && alive.is_some_and(|alive| !alive.contains(&trial.id));
    eye.sight.state = if stopped { State::Stopped } else { State::Waiting };
}

/// What the last settled rung of each grid lets go on.
fn alive(rungs: &Path) -> HashMap<String, Vec<String>> {
    let last = |name: &String| {
        let rungs = Rung::load_all(&rungs.join(name)).ok()?;
        Some((name.clone(), rungs.into_iter().next_back()?.promoted))
    };
    names(rungs).iter().filter_map(last).collect()
}

/// The signs of life of whoever holds the last claim in `claims/ID`, if it has not ended.
fn held(claims: &Path) -> Option<PathBuf> {
    let names = names(claims);
    let number = |name: &String| name.strip_suffix(".json")?.parse::<u64>().ok();
    let last = names.iter().filter_map(number).max()?;
    let ended = names.contains(&format!("{last}.end"));
    (!ended).then(|| claims.join(format!("{last}.beat")))
}

fn names(folder: &Path) -> HashSet<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}
