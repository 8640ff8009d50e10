use std::path::{Path, PathBuf};

use super::Trial;
use crate::RunFolder;

/// The folder of one sweep. Knows where everything lies.
///
/// ```text
/// sweep.toml               what was asked for, as it was written
/// sweep.json               the sweep as a whole: see [`SweepInfo`](super::SweepInfo)
/// plan.jsonl               one trial per line: see [`Trial`]
/// trials/ID/               the run of a trial: see [`RunFolder`]
/// claims/ID/               who works on a trial
/// failures/ID.json         why a trial failed: see [`TrialFailure`](super::TrialFailure)
/// choices/TASK.METHOD.json what was picked of a grid: see [`Choice`](super::Choice)
/// rungs/TASK.METHOD.json   what successive halving settled, rung by rung
/// slurm/                   batch scripts, and what their jobs said
/// report.html .md .csv     what it all came to
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepFolder {
    path: PathBuf,
}

impl SweepFolder {
    /// The sweep that `path` means: its folder, or its `plan.jsonl`. Reads nothing.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        let mut path = path.into();
        if path.file_name().is_some_and(|name| name == "plan.jsonl") {
            path.pop();
        }
        if path.as_os_str().is_empty() {
            path.push(".");
        }
        Self { path }
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `sweep.toml`: what was asked for.
    pub fn spec(&self) -> PathBuf {
        self.path.join("sweep.toml")
    }

    /// `sweep.json`: the sweep as a whole.
    pub fn info(&self) -> PathBuf {
        self.path.join("sweep.json")
    }

    /// `plan.jsonl`: the trials.
    pub fn plan(&self) -> PathBuf {
        self.path.join("plan.jsonl")
    }

    /// The run folder of a trial.
    pub fn run(&self, trial: &Trial) -> RunFolder {
        RunFolder::at(self.path.join(&trial.folder))
    }

    /// `claims/ID/`: who works on a trial.
    pub fn claims(&self, id: &str) -> PathBuf {
        self.path.join("claims").join(id)
    }

    /// `failures/ID.json`: why a trial failed.
    pub fn failure(&self, id: &str) -> PathBuf {
        self.path.join("failures").join(format!("{id}.json"))
    }

    /// `choices/TASK.METHOD.json`: what was picked of a task and method's grid.
    pub fn choice(&self, task: &str, method: &str) -> PathBuf {
        self.path.join("choices").join(format!("{task}.{method}.json"))
    }

    /// `rungs/TASK.METHOD.json`: what successive halving settled.
    pub fn rungs(&self, task: &str, method: &str) -> PathBuf {
        self.path.join("rungs").join(format!("{task}.{method}.json"))
    }

    /// `slurm/`: batch scripts, and what their jobs said.
    pub fn slurm(&self) -> PathBuf {
        self.path.join("slurm")
    }

    /// `report.EXTENSION`: what it all came to.
    pub fn report(&self, extension: &str) -> PathBuf {
        self.path.join("report").with_extension(extension)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_stands_for_its_folder() {
        for (given, folder) in [("a/plan.jsonl", "a"), ("a", "a"), ("plan.jsonl", "."), (".", ".")]
        {
            assert_eq!(SweepFolder::at(given).path(), Path::new(folder), "{given}");
        }
        assert_eq!(SweepFolder::at("a").report("md"), Path::new("a/report.md"));
    }
}
