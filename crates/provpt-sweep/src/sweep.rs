//! A sweep that has been planned, and the groups its trials fall into.

use std::collections::HashMap;
use std::path::Path;

use provpt_runs::sweep::{Candidate, Plan, Stage, SweepFolder, SweepInfo, Trial, best_first};

use crate::Error;
use crate::claim::Claims;

/// A sweep on disk.
#[derive(Debug, Clone)]
pub struct Sweep {
    /// Where it is.
    pub folder: SweepFolder,
    /// The sweep as a whole.
    pub info: SweepInfo,
    /// Its trials, in order.
    pub trials: Vec<Trial>,
    groups: Vec<Group>,
    group_of: Vec<usize>,
}

/// The trials of one task and method. All are indices into the plan, in its order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Group {
    pub(crate) task: String,
    pub(crate) method: String,
    pub(crate) grid: Vec<usize>,
    pub(crate) finals: Vec<usize>,
    /// Epochs of a whole run.
    pub(crate) epochs: usize,
}

impl Sweep {
    /// Opens a sweep: its folder, or its `plan.jsonl`.
    ///
    /// # Errors
    /// `sweep.json` or `plan.jsonl` is missing or damaged.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let folder = SweepFolder::at(path);
        let info = SweepInfo::load(&folder.info())?;
        let trials = Plan::load(&folder.plan())?.trials;
        let (groups, group_of) = groups(&trials);
        Ok(Self { folder, info, trials, groups, group_of })
    }

    /// The trials of a stage, or all: indices into the plan.
    pub fn stage(&self, stage: Option<Stage>) -> Vec<usize> {
        let of = |index: &usize| stage.is_none_or(|stage| self.trials[*index].stage == stage);
        (0..self.trials.len()).filter(of).collect()
    }

    pub(crate) fn groups(&self) -> &[Group] {
        &self.groups
    }

    pub(crate) fn group_of(&self, trial: usize) -> usize {
        self.group_of[trial]
    }

    /// Trials, each with its val top-1, as they are ranked.
    pub(crate) fn candidates(&self, scored: &[(usize, Option<f64>)]) -> Vec<Candidate<'_>> {
        let candidate = |&(trial, val_top1): &(usize, Option<f64>)| {
            let trial: &Trial = &self.trials[trial];
            Candidate { values: &trial.values, val_top1 }
        };
        scored.iter().map(candidate).collect()
    }

    /// The best of some trials, and its val top-1; none if no trial has one.
    pub(crate) fn best(&self, scored: &[(usize, Option<f64>)]) -> Option<(&Trial, f64)> {
        let (trial, val_top1) = scored[*best_first(&self.candidates(scored)).first()?];
        Some((&self.trials[trial], val_top1?))
    }

    pub(crate) fn claims(&self, trial: usize) -> Claims {
        Claims::new(self.folder.claims(&self.trials[trial].id))
    }
}

fn groups(trials: &[Trial]) -> (Vec<Group>, Vec<usize>) {
    let mut groups: Vec<Group> = Vec::new();
    let mut places = HashMap::new();
    let mut group_of = Vec::new();
    for (index, trial) in trials.iter().enumerate() {
        let place = *places.entry((&trial.task, &trial.method)).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Group {
                task: trial.task.clone(),
                method: trial.method.clone(),
                epochs: trial.epochs().unwrap_or(0),
                ..Group::default()
            });
        }
        match trial.stage {
            Stage::Grid => groups[place].grid.push(index),
            Stage::Final => groups[place].finals.push(index),
        }
        group_of.push(place);
    }
    (groups, group_of)
}
