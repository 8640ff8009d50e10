use std::collections::BTreeMap;

use provpt_runs::sweep::{Epochs, Stage};
use provpt_runs::{RunFolder, RunResult};
use serde_json::Value;

/// What became of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    Done,
    Failed,
    /// Ended early by successive halving.
    Stopped,
    /// Not begun, or not at its end.
    Waiting,
}

/// Values by dotted key.
pub(crate) type Values = BTreeMap<String, Value>;

/// One run, made or planned.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) stage: Stage,
    pub(crate) seed: u64,
    /// Of the grid's keys; of a final trial, what was picked.
    pub(crate) values: Values,
    pub(crate) state: State,
    /// Without classes and confusion: there may be thousands.
    pub(crate) result: Option<RunResult>,
    pub(crate) run: RunFolder,
    /// Why it failed.
    pub(crate) reason: Option<String>,
}

impl Entry {
    /// Val top-1 of the last epoch, if it is a number.
    pub(crate) fn val(&self) -> Option<f64> {
        self.result.as_ref()?.val?.accuracy()
    }

    /// Test top-1 at the end, if it is a number.
    pub(crate) fn test(&self) -> Option<f64> {
        self.result.as_ref()?.test?.accuracy()
    }
}

/// What was picked of a grid.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chosen {
    pub(crate) values: Values,
    /// Val top-1 of the last epoch.
    pub(crate) val: Option<f64>,
    /// Whether the sweep recorded it; else it is the best so far.
    pub(crate) settled: bool,
}

/// All runs of one task and method.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) task: String,
    pub(crate) method: String,
    /// In plan order.
    pub(crate) entries: Vec<Entry>,
    pub(crate) chosen: Option<Chosen>,
    /// Epochs trained, of a grid that was thinned out.
    pub(crate) epochs: Option<Epochs>,
}

impl Group {
    /// The runs whose test accuracy is reported: the finals; where none are planned, those with
    /// the chosen values.
    pub(crate) fn reported(&self) -> impl Iterator<Item = &Entry> {
        let finals = self.entries.iter().any(|entry| entry.stage == Stage::Final);
        self.entries.iter().filter(move |entry| {
            let counts = match &self.chosen {
                _ if finals => entry.stage == Stage::Final,
                Some(chosen) => same(&entry.values, &chosen.values),
                None => false,
            };
            counts && entry.state == State::Done
        })
    }

    /// Reported test accuracies by seed.
    pub(crate) fn tests(&self) -> Vec<(u64, f64)> {
        self.reported().filter_map(|entry| Some((entry.seed, entry.test()?))).collect()
    }

    /// Trials in each state: done, failed, stopped, waiting.
    pub(crate) fn counts(&self, stage: Stage) -> [usize; 4] {
        let of =
            |state| self.entries.iter().filter(|e| e.stage == stage && e.state == state).count();
        [State::Done, State::Failed, State::Stopped, State::Waiting].map(of)
    }
}

/// Whether two sets of values are the same; `1` and `1.0` are.
pub(crate) fn same(a: &Values, b: &Values) -> bool {
    let equal = |(x, y): (&Value, &Value)| match (x.as_f64(), y.as_f64()) {
        (Some(x), Some(y)) => x == y,
        _ => x == y,
    };
    a.len() == b.len() && a.keys().eq(b.keys()) && a.values().zip(b.values()).all(equal)
}
