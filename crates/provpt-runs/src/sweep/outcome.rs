use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, atomic};

/// A rung of successive halving that all who entered it have ended. `rungs/TASK.METHOD.json` lists
/// those of a grid, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    /// Its last epoch, counted from 1.
    pub epochs: usize,
    /// Trials that entered it.
    pub entered: usize,
    /// Those that went on.
    pub promoted: Vec<String>,
}

impl Rung {
    /// Reads the rungs of a grid.
    ///
    /// # Errors
    /// [`Error::Read`] or [`Error::Malformed`].
    pub fn load_all(path: &Path) -> Result<Vec<Self>, Error> {
        crate::records::load_json(path, "the rungs of a grid")
    }
}

/// `failures/ID.json`: why a trial failed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialFailure {
    /// The trial.
    pub id: String,
    /// The program's exit code; none if a signal ended it or it never started.
    pub exit_code: Option<i32>,
    /// In a line: the last error that the program printed.
    pub reason: String,
    /// How often it was tried.
    pub attempts: usize,
}

/// `choices/TASK.METHOD.json`: the best trial of a task and method's grid.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// The task.
    pub task: String,
    /// The method.
    pub method: String,
    /// The trial that was best.
    pub trial: String,
    /// Its values, by dotted key.
    pub values: BTreeMap<String, Value>,
    /// Its val top-1 in the last epoch.
    pub val_top1: f64,
    /// Trials that ran to the last epoch.
    pub finished: usize,
    /// Trials that failed.
    pub failed: usize,
    /// Trials that successive halving stopped early.
    pub stopped: usize,
    /// Epochs trained for it.
    #[serde(default)]
    pub epochs: Epochs,
}

/// Epochs of one or more grids, all trials together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Epochs {
    /// Trained by the trials that finished or were stopped.
    pub trained: usize,
    /// That all these would have trained without successive halving.
    pub full: usize,
}

impl Epochs {
    /// The share of epochs saved, `0..1`.
    pub fn saved(&self) -> f64 {
        if self.full == 0 { 0.0 } else { 1.0 - self.trained as f64 / self.full as f64 }
    }
}

impl std::iter::Sum for Epochs {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, epochs| Self {
            trained: sum.trained + epochs.trained,
            full: sum.full + epochs.full,
        })
    }
}

impl TrialFailure {
    /// Reads `failures/ID.json`.
    ///
    /// # Errors
    /// [`Error::Read`] or [`Error::Malformed`].
    pub fn load(path: &Path) -> Result<Self, Error> {
        crate::records::load_json(path, "the failure of a trial")
    }

    /// Replaces `failures/ID.json` atomically, and makes its folder.
    ///
    /// # Errors
    /// [`Error::Write`] or [`Error::CreateFolder`].
    pub fn store(&self, path: &Path) -> Result<(), Error> {
        atomic::create_parent(path)?;
        atomic::write_json(path, self)
    }
}

impl Choice {
    /// Reads `choices/TASK.METHOD.json`.
    ///
    /// # Errors
    /// [`Error::Read`] or [`Error::Malformed`].
    pub fn load(path: &Path) -> Result<Self, Error> {
        crate::records::load_json(path, "the choice of a grid")
    }

    /// Replaces `choices/TASK.METHOD.json` atomically, and makes its folder.
    ///
    /// # Errors
    /// [`Error::Write`] or [`Error::CreateFolder`].
    pub fn store(&self, path: &Path) -> Result<(), Error> {
        atomic::create_parent(path)?;
        atomic::write_json(path, self)
    }
}
