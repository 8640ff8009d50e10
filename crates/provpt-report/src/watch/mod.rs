//! What runs are doing, told from their files alone. Nothing is ever written or locked: any number
//! of people may look on, from any machine that sees the folder.
//!
//! Files appear, grow, vanish and are half written while they are looked at. None of that is an
//! error; what cannot be read this time is as it was the last time.

mod curve;
mod pulse;
mod run;
pub mod screen;
mod sweep;

use std::path::{Path, PathBuf};

use provpt_runs::sweep::SweepFolder;
use provpt_runs::{Error, RunFolder};

pub use curve::{Curve, Point};

use run::Eye;
use sweep::SweepEye;

/// How deep below a folder runs are looked for.
const DEPTH: usize = 3;

/// What a run, or a trial of a sweep, is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Its files change.
    Running,
    /// It should be running, but its files have not changed for a while.
    Quiet,
    /// It failed.
    Failed,
    /// It came to its end.
    Done,
    /// Successive halving ended it early; a trial only.
    Stopped,
    /// Nobody works on it; a trial only.
    Waiting,
}

impl State {
    /// All of them, in the order in which people want to see them.
    pub const ALL: [Self; 6] =
        [Self::Running, Self::Quiet, Self::Failed, Self::Done, Self::Stopped, Self::Waiting];
}

/// What is seen of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Sight {
    /// Where it is.
    pub folder: RunFolder,
    /// The folder's name; of a trial, what tells it from others of its group.
    pub name: String,
    /// The task, as far as it is known.
    pub task: String,
    /// The method, as far as it is known.
    pub method: String,
    /// What it is doing.
    pub state: State,
    /// Why it failed.
    pub reason: Option<String>,
    /// Epochs done.
    pub epochs: usize,
    /// Epochs in all, if that is known.
    pub total: Option<usize>,
    /// The last epoch.
    pub last: Option<Point>,
    /// The test top-1 in the result, a fraction.
    pub test: Option<f64>,
    /// Seconds of training so far.
    pub seconds: f64,
    /// Seconds since a file changed.
    pub silence: f64,
    /// Whether it is a trial that only serves to choose.
    pub grid: bool,
}

/// All that is seen at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// The sweep's name, or the folder's.
    pub title: String,
    /// Whether it is a sweep.
    pub sweep: bool,
    /// The runs, or the trials in the order of the plan.
    pub runs: Vec<Sight>,
}

impl Scene {
    /// Runs in a state.
    pub fn count(&self, state: State) -> usize {
        self.runs.iter().filter(|run| run.state == state).count()
    }
}

/// Looks at a run, a sweep, or a folder of runs, again and again.
#[derive(Debug)]
pub struct Watcher {
    path: PathBuf,
    target: Target,
}

#[derive(Debug)]
enum Target {
    Runs(Vec<Eye>),
    Sweep(Box<SweepEye>),
}

impl Watcher {
    /// Watches a run's folder, a sweep's folder or plan, or a folder in which runs are or will be.
    ///
    /// # Errors
    /// [`Error::Read`] if there is no such folder.
    pub fn new(path: &Path) -> Result<Self, Error> {
        let sweep = SweepFolder::at(path);
        let is_sweep = sweep.plan().is_file();
        let path = if is_sweep { sweep.path() } else { path }.to_owned();
        std::fs::read_dir(&path).map_err(|cause| Error::Read { path: path.clone(), cause })?;
        let target = match is_sweep {
            true => Target::Sweep(Box::new(SweepEye::new(sweep))),
            false => Target::Runs(Vec::new()),
        };
        Ok(Self { path, target })
    }

    /// What there is to see now.
    pub fn look(&mut self) -> Scene {
        let title = RunFolder::at(std::path::absolute(&self.path).unwrap_or_default()).name();
        match &mut self.target {
            Target::Sweep(eye) => {
                let runs = eye.look();
                Scene { title: eye.name().unwrap_or(title), sweep: true, runs }
            }
            Target::Runs(eyes) => {
                let mut folders = Vec::new();
                find(&self.path, DEPTH, &mut folders);
                eyes.retain(|eye| folders.contains(eye.folder()));
                for folder in folders {
                    if !eyes.iter().any(|eye| *eye.folder() == folder) {
                        eyes.push(Eye::new(folder, &self.path));
                    }
                }
                eyes.sort_by(|a, b| a.folder().path().cmp(b.folder().path()));
                let runs = eyes.iter_mut().map(Eye::look_at_run).collect();
                Scene { title, sweep: false, runs }
            }
        }
    }
}

/// Runs in a folder, itself included.
fn find(path: &Path, depth: usize, found: &mut Vec<RunFolder>) {
    if let Ok(run) = RunFolder::open(path) {
        found.push(run);
    } else if depth > 0 {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        folders.for_each(|entry| find(&entry.path(), depth - 1, found));
    }
}

#[cfg(test)]
mod tests;
