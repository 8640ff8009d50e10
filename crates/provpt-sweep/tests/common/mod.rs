//! Sweeps of trials that cost nothing, by the program in `examples/fake_sweep.rs`.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use provpt_runs::sweep::{Halving, Plan, Protocol, Stage, SweepFolder, SweepInfo, Trial};
use provpt_sweep::Sweep;
use serde_json::json;

/// What is to be planned: one group, no final runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Grid {
    pub(crate) trials: usize,
    pub(crate) epochs: usize,
    pub(crate) epoch_ms: usize,
    /// More of the configuration, by trial.
    pub(crate) more: Vec<(usize, &'static str, serde_json::Value)>,
    pub(crate) halving: Option<Halving>,
}

/// A sweep in a folder that goes with it.
#[derive(Debug)]
pub(crate) struct Folder(tempfile::TempDir);

impl Grid {
    pub(crate) fn plan(&self) -> Folder {
        let folder = tempfile::tempdir().unwrap();
        let trials = (0..self.trials).map(|number| self.trial(number)).collect();
        let at = SweepFolder::at(folder.path());
        let info = SweepInfo {
            name: "chaos".to_owned(),
            protocol: Protocol::Grid,
            keys: vec!["solver.base_lr".to_owned()],
            halving: self.halving,
            trials: self.trials,
            version: String::new(),
        };
        info.store(&at.info()).unwrap();
        Plan { trials }.store(&at.plan()).unwrap();
        Folder(folder)
    }

    fn trial(&self, number: usize) -> Trial {
        let lr = 0.25 * (number + 1) as f64;
        let config = json!({
            "seed": number, "solver.base_lr": lr, "solver.total_epoch": self.epochs,
            "fake.epoch_ms": self.epoch_ms
        });
        let mut config = config.as_object().cloned().unwrap();
        let more = self.more.iter().filter(|(of, ..)| *of == number);
        config.extend(more.map(|(_, key, value)| ((*key).to_owned(), value.clone())));
        let id = format!("{number:016x}");
        Trial {
            stage: Stage::Grid,
            task: "t".to_owned(),
            method: "m".to_owned(),
            seed: number as u64,
            values: [("solver.base_lr".to_owned(), lr.into())].into(),
            picks: Vec::new(),
            folder: format!("trials/{id}"),
            id,
            config,
        }
    }
}

impl Folder {
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn sweep(&self) -> Sweep {
        Sweep::open(self.path()).unwrap()
    }

    /// Trials that have a result.
    pub(crate) fn done(&self) -> usize {
        let sweep = self.sweep();
        sweep.trials.iter().filter(|trial| sweep.folder.run(trial).is_finished()).count()
    }

    pub(crate) fn run(&self, trial: usize) -> PathBuf {
        let sweep = self.sweep();
        sweep.folder.run(&sweep.trials[trial]).path().to_owned()
    }
}

/// The example that cargo builds along with the tests.
pub(crate) fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let program =
        profile.join("examples").join(format!("fake_sweep{}", std::env::consts::EXE_SUFFIX));
    assert!(program.exists(), "{}: build the examples, too", program.display());
    program
}

fn worker(folder: &Folder, jobs: usize) -> Command {
    let mut command = Command::new(program());
    command.arg("work").arg(folder.path()).arg("60").arg(jobs.to_string());
    command.stdin(Stdio::null());
    command
}

/// Works on a sweep to its end.
pub(crate) fn work(folder: &Folder, jobs: usize) -> ExitStatus {
    worker(folder, jobs).status().unwrap()
}

/// A worker that can be killed.
pub(crate) fn start_worker(folder: &Folder) -> Child {
    worker(folder, 1).spawn().unwrap()
}

pub(crate) fn bytes(run: &Path, file: &str) -> Vec<u8> {
    fs_err::read(run.join(file)).unwrap()
}

/// The lines of a trial's log: `start` and `end`.
pub(crate) fn log(run: &Path) -> Vec<String> {
    let text = fs_err::read_to_string(run.join("log.txt")).unwrap();
    text.lines().map(str::to_owned).collect()
}
