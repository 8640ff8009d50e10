//! Sweeps and runs as they lie on disk.

use std::collections::HashMap;
use std::path::Path;

use provpt_runs::sweep::{Choice, Plan, Stage, SweepFolder, SweepInfo, Trial, TrialFailure};
use provpt_runs::{Error, RunFailure, RunFolder, RunResult, if_there};
use serde_json::Value;

use super::entry::{Chosen, Entry, Group, State, Values};
use super::pick;

/// What one path brought.
#[derive(Debug, Default)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) groups: Vec<Group>,
    /// Runs without a result, which tell neither task nor method.
    pub(super) unfinished: Vec<String>,
}

impl Source {
    fn group(&mut self, index: &mut HashMap<[String; 2], usize>, names: [&str; 2]) -> &mut Group {
        let [task, method] = names.map(str::to_owned);
        let at = *index.entry([task.clone(), method.clone()]).or_insert(self.groups.len());
        if at == self.groups.len() {
            self.groups.push(Group {
                task,
                method,
                entries: Vec::new(),
                chosen: None,
                epochs: None,
            });
        }
        &mut self.groups[at]
    }
}

/// A sweep, however far it is.
pub(super) fn sweep(folder: &SweepFolder) -> Result<Source, Error> {
    let plan = Plan::load(&folder.plan())?;
    let info = if_there(&folder.info(), SweepInfo::load)?;
    let name = match &info {
        Some(info) => info.name.clone(),
        None => RunFolder::at(folder.path()).name(),
    };
    let halving = info.is_some_and(|info| info.halving.is_some());
    let mut source = Source { name, ..Source::default() };
    let mut index = HashMap::new();
    for trial in &plan.trials {
        let entry = entry(folder, trial)?;
        source.group(&mut index, [&trial.task, &trial.method]).entries.push(entry);
    }
    for group in &mut source.groups {
        settle(folder, group, halving)?;
    }
    Ok(source)
}

fn entry(folder: &SweepFolder, trial: &Trial) -> Result<Entry, Error> {
    let run = folder.run(trial);
    let result = if_there(&run.result(), slim)?;
    let failure = match result {
        Some(_) => None,
        None => if_there(&folder.failure(&trial.id), TrialFailure::load)?,
    };
    let reason = failure.map(|failure| failure.reason).or_else(|| diverged(result.as_ref()?));
    let state = match (&result, &reason) {
        (_, Some(_)) => State::Failed,
        (Some(_), None) => State::Done,
        (None, None) => State::Waiting,
    };
    Ok(Entry {
        id: trial.id.clone(),
        stage: trial.stage,
        seed: trial.seed,
        values: trial.values.clone(),
        state,
        result,
        run,
        reason,
    })
}

/// A run that came to its end without a finite loss has reached nothing.
fn diverged(result: &RunResult) -> Option<String> {
    Some(format!("{}: expected a finite number at the end, got none", result.diverged()?))
}

fn slim(path: &Path) -> Result<RunResult, Error> {
    let result = RunResult::load(path)?;
    Ok(RunResult { per_class: Vec::new(), confusion: Vec::new(), ..result })
}

/// What was picked, and what follows from it for the trials.
fn settle(folder: &SweepFolder, group: &mut Group, halving: bool) -> Result<(), Error> {
    let choice = if_there(&folder.choice(&group.task, &group.method), Choice::load)?;
    let settled = choice.is_some();
    group.epochs = choice.as_ref().map(|choice| choice.epochs).filter(|_| halving);
    group.chosen = match choice {
        Some(c) => Some(Chosen { values: c.values, val: Some(c.val_top1), settled: true }),
        None => pick::best(&group.entries),
    };
    for entry in &mut group.entries {
        match entry.stage {
            // Once the best is known, what did not get to its end was stopped.
            Stage::Grid if settled && halving && entry.state == State::Waiting => {
                entry.state = State::Stopped;
            }
            Stage::Final => {
                if let Some(chosen) = group.chosen.as_ref().filter(|chosen| chosen.settled) {
                    entry.values.clone_from(&chosen.values);
                }
            }
            Stage::Grid => {}
        }
    }
    Ok(())
}

/// Single runs: each is a trial of a grid that was just run.
pub(super) fn runs(folders: &[RunFolder]) -> Result<Source, Error> {
    let mut source = Source { name: "runs".to_owned(), ..Source::default() };
    let mut index = HashMap::new();
    for run in folders {
        let Some(result) = if_there(&run.result(), slim)? else {
            source.unfinished.push(unfinished(run)?);
            continue;
        };
        let reason = diverged(&result);
        let entry = Entry {
            id: run.name(),
            stage: Stage::Grid,
            seed: result.seed,
            values: values(run)?,
            state: if reason.is_some() { State::Failed } else { State::Done },
            run: run.clone(),
            reason,
            result: None,
        };
        let group = source.group(&mut index, [&result.task, &result.method]);
        group.entries.push(Entry { result: Some(result), ..entry });
    }
    for group in &mut source.groups {
        group.chosen = pick::best(&group.entries);
    }
    Ok(source)
}

/// The name of a run without a result, and why it has none if an error ended it.
fn unfinished(run: &RunFolder) -> Result<String, Error> {
    let failure = if_there(&run.failure(), RunFailure::load)?;
    let reason = failure.map(|failure| format!(" (failed: {})", failure.reason));
    Ok(run.name() + &reason.unwrap_or_default())
}

/// What runs of one method usually differ in. A configuration that is not TOML has none.
fn values(run: &RunFolder) -> Result<Values, Error> {
    let path = run.config();
    let text = std::fs::read_to_string(&path).map_err(|cause| Error::Read { path, cause })?;
    let config: toml::Table = toml::from_str(&text).unwrap_or_default();
    let number = |key: &str| {
        let value = config.get("solver")?.get(key)?;
        value.as_float().or_else(|| value.as_integer().map(|i| i as f64))
    };
    let keys = ["base_lr", "weight_decay"];
    let found = keys
        .into_iter()
        .filter_map(|key| Some((format!("solver.{key}"), Value::from(number(key)?))));
    Ok(found.collect())
}
