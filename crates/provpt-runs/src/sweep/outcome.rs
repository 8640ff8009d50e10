use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `failures/ID.json`: why a trial failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
}
