//! Runs and sweeps side by side: what every method reached on every task, how sensitive it was to
//! its learning rate, where its prompts went, and which differences are more than luck.
//!
//! [`Comparison`] reads them, however far they are; a [`View`] of it makes Markdown, CSV and one
//! HTML page.

mod catalogue;
mod csv;
mod document;
mod entry;
mod grid;
mod halved;
mod html;
mod load;
mod means;
mod paired;
mod pick;
mod published;
mod sections;
mod sensitivity;
mod view;

use std::path::PathBuf;

use provpt_runs::sweep::{Stage, SweepFolder};
use provpt_runs::{Error, RunFolder};

pub use catalogue::{Benchmark, Catalogue, TaskGroup};
pub use halved::HalvingOutcome;
pub use sensitivity::Sensitivity;
pub use view::{Report, View};

use entry::{Entry, Group};

/// Some sweeps and runs.
#[derive(Debug)]
pub struct Comparison {
    names: Vec<String>,
    groups: Vec<Group>,
    /// Runs that tell nothing but that they are there.
    unfinished: Vec<String>,
}

impl Comparison {
    /// Reads sweeps (folders with a `plan.jsonl`, or these plans) and runs. A method that several
    /// of them ran on one task is told apart by the sweep's name.
    ///
    /// # Errors
    /// [`Error::NotARun`] for a folder that holds neither; those of reading.
    pub fn load(paths: &[PathBuf]) -> Result<Self, Error> {
        let mut sources = Vec::new();
        let mut runs = Vec::new();
        for path in paths {
            let sweep = SweepFolder::at(path);
            match sweep.plan().is_file() {
                true => sources.push(load::sweep(&sweep)?),
                false => runs.push(RunFolder::open(path)?),
            }
        }
        if !runs.is_empty() {
            sources.push(load::runs(&runs)?);
        }
        Ok(Self::of(sources))
    }

    fn of(mut sources: Vec<load::Source>) -> Self {
        tell_apart(&mut sources);
        Self {
            names: sources.iter().map(|source| source.name.clone()).collect(),
            unfinished: sources.iter().flat_map(|s| s.unfinished.clone()).collect(),
            groups: sources.into_iter().flat_map(|source| source.groups).collect(),
        }
    }

    /// The methods, in the order of the plans.
    pub fn methods(&self) -> Vec<&str> {
        distinct(self.groups.iter().map(|group| group.method.as_str()))
    }

    /// The tasks, in the order of the plans.
    pub fn tasks(&self) -> Vec<&str> {
        distinct(self.groups.iter().map(|group| group.task.as_str()))
    }

    fn group(&self, task: &str, method: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.task == task && group.method == method)
    }

    fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.groups.iter().flat_map(|group| &group.entries)
    }

    /// Trials in each state: done, failed, stopped, waiting.
    fn counts(&self) -> [usize; 4] {
        let mut counts = [0, 0, 0, self.unfinished.len()];
        for group in &self.groups {
            for stage in [Stage::Grid, Stage::Final] {
                let of = group.counts(stage);
                counts.iter_mut().zip(of).for_each(|(count, more)| *count += more);
            }
        }
        counts
    }
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut distinct: Vec<&str> = Vec::new();
    for name in names {
        if !distinct.contains(&name) {
            distinct.push(name);
        }
    }
    distinct
}

/// Methods that several sources have on the same task get the source's name behind theirs.
fn tell_apart(sources: &mut [load::Source]) {
    let names = |source: &load::Source| -> Vec<[String; 2]> {
        source.groups.iter().map(|g| [g.task.clone(), g.method.clone()]).collect()
    };
    let all: Vec<Vec<[String; 2]>> = sources.iter().map(names).collect();
    for (at, source) in sources.iter_mut().enumerate() {
        let others = all.iter().enumerate().filter(|(other, _)| *other != at);
        let others: Vec<&[String; 2]> = others.flat_map(|(_, names)| names).collect();
        let taken: Vec<String> = all[at]
            .iter()
            .filter(|name| others.contains(name))
            .map(|[_, method]| method.clone())
            .collect();
        let label = format!("{} {}", source.name, at + 1);
        for group in &mut source.groups {
            if taken.contains(&group.method) {
                group.method = format!("{} ({label})", group.method);
            }
        }
    }
}
