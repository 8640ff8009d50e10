use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Halving;
use crate::{Error, atomic, records::lines};

/// One line of `plan.jsonl`: a run that is to be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// 16 hexadecimal digits: a hash of the configuration but for `output_dir` and `threads`; for
    /// a final trial, of the part that is known and of the grid that settles the rest.
    pub id: String,
    /// What the trial is for.
    pub stage: Stage,
    /// The task, as the plan calls it.
    pub task: String,
    /// The method, as the plan calls it.
    pub method: String,
    /// The seed.
    pub seed: u64,
    /// The values of the grid's keys, by dotted key. Empty for a final trial.
    #[serde(default)]
    pub values: BTreeMap<String, Value>,
    /// Keys whose values the best trial of the same task and method's grid gives. Empty for a grid
    /// trial.
    #[serde(default)]
    pub picks: Vec<String>,
    /// The run's folder, relative to the sweep's.
    pub folder: String,
    /// The whole configuration by dotted key, without `output_dir` and the keys in `picks`.
    pub config: Map<String, Value>,
}

impl Trial {
    /// Epochs of the whole run, `solver.total_epoch`.
    pub fn epochs(&self) -> Option<usize> {
        usize::try_from(self.config.get("solver.total_epoch")?.as_u64()?).ok()
    }
}

/// What a trial is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// To find the best values of the grid's keys, by validation.
    Grid,
    /// To report: trained with the values that were picked.
    Final,
}

/// How a sweep goes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// Select on train800/val200 by val top-1 of the last epoch, ties to the smaller learning
    /// rate; then train on train800val200 with several seeds. Test is looked at by finals only.
    Vtab,
    /// As VTAB's, on the tasks of its miniature unless the spec names others.
    Mini,
    /// Select on train/val; then several seeds on train, tested.
    Fgvc,
    /// All that the grid spans, and nothing else.
    Grid,
}

/// `sweep.json`: the sweep as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepInfo {
    /// The sweep's name.
    pub name: String,
    /// Its protocol.
    pub protocol: Protocol,
    /// The dotted keys that the grid varies.
    pub keys: Vec<String>,
    /// Successive halving, if the grid is to be thinned out.
    pub halving: Option<Halving>,
    /// Trials in the plan.
    pub trials: usize,
    /// The version of the program that planned.
    pub version: String,
}

/// The trials of a sweep, in order: `plan.jsonl`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// Grid trials first.
    pub trials: Vec<Trial>,
}

impl Plan {
    /// Reads `plan.jsonl`.
    ///
    /// # Errors
    /// [`Error::Read`], or [`Error::MalformedLine`].
    pub fn load(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path)
            .map_err(|cause| Error::Read { path: path.to_owned(), cause })?;
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let trials = lines.map(|(index, line)| {
            serde_json::from_str(line).map_err(|cause| {
                let (path, line) = (path.to_owned(), index + 1);
                Error::MalformedLine { path, line, expected: "a trial of a sweep", cause }
            })
        });
        Ok(Self { trials: trials.collect::<Result<_, _>>()? })
    }

    /// Replaces `plan.jsonl` atomically.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn store(&self, path: &Path) -> Result<(), Error> {
        lines::store(path, &self.trials)
    }
}

impl SweepInfo {
    /// Reads `sweep.json`.
    ///
    /// # Errors
    /// [`Error::Read`] or [`Error::Malformed`].
    pub fn load(path: &Path) -> Result<Self, Error> {
        crate::records::load_json(path, "what a sweep is")
    }

    /// Replaces `sweep.json` atomically.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn store(&self, path: &Path) -> Result<(), Error> {
        atomic::write_json(path, self)
    }
}
