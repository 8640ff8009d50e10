//! One run, looked at again and again.

use std::path::{Path, PathBuf};
use std::time::Duration;

use provpt_runs::{RunFailure, RunFolder, RunResult};

use super::pulse::{Pulse, Stamp, stamp};
use super::{Curve, Sight, State};

/// What takes three epochs' time, and at least so long, is no longer running.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is known of a run.
#[derive(Debug)]
pub(super) struct Eye {
    pub(super) sight: Sight,
    metrics: Stamp,
    pulse: Pulse,
}

impl Eye {
    /// A run somewhere below `root`.
    pub(super) fn new(folder: RunFolder, root: &Path) -> Self {
        let name = folder.path().strip_prefix(root).ok().map(|path| path.display().to_string());
        let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| folder.name());
        let mut eye = Self::of(folder, name);
        let text = std::fs::read_to_string(eye.sight.folder.config()).unwrap_or_default();
        let config: toml::Table = text.parse().unwrap_or_default();
        let value = |section: &str, key: &str| config.get(section)?.get(key).cloned();
        let total = value("solver", "total_epoch").and_then(|total| total.as_integer());
        eye.sight.total = total.and_then(|total| usize::try_from(total).ok());
        let task = value("data", "name");
        eye.sight.task = task.and_then(|task| task.as_str().map(str::to_owned)).unwrap_or_default();
        eye
    }

    /// A run of which nothing is known.
    pub(super) fn of(folder: RunFolder, name: String) -> Self {
        let sight = Sight {
            folder,
            name,
            task: String::new(),
            method: String::new(),
            state: State::Waiting,
            reason: None,
            epochs: 0,
            total: None,
            last: None,
            test: None,
            seconds: 0.0,
            silence: 0.0,
            grid: false,
        };
        Self { sight, metrics: None, pulse: Pulse::default() }
    }

    pub(super) fn folder(&self) -> &RunFolder {
        &self.sight.folder
    }

    /// Looks at a run on its own: it is running until its result is there, or its failure.
    pub(super) fn look_at_run(&mut self) -> Sight {
        if !self.finished() {
            self.read_metrics();
            let failure = RunFailure::load(&self.sight.folder.failure()).ok();
            self.sight.reason = failure.map(|failure| failure.reason);
            match self.sight.reason {
                Some(_) => self.sight.state = State::Failed,
                None => self.feel(None),
            }
        }
        self.sight.clone()
    }

    /// Whether the run has come to its end; looks only once at one that has.
    pub(super) fn finished(&mut self) -> bool {
        if self.sight.state == State::Done {
            return true;
        }
        let Ok(result) = RunResult::load(&self.sight.folder.result()) else { return false };
        self.read_metrics();
        let sight = &mut self.sight;
        sight.state = State::Done;
        sight.reason = None;
        (sight.method, sight.task) = (result.method, result.task);
        sight.test = result.test.map(|test| test.top1);
        (sight.epochs, sight.seconds) = (result.epochs, result.seconds);
        true
    }

    /// Reads the epochs, if there are new ones.
    pub(super) fn read_metrics(&mut self) {
        let path = self.sight.folder.metrics();
        let now = stamp(&path);
        if now == self.metrics {
            return;
        }
        self.metrics = now;
        let curve = Curve::load(&path);
        self.sight.epochs = curve.points.len();
        self.sight.seconds = curve.points.iter().map(|point| point.seconds).sum();
        self.sight.last = curve.points.last().copied();
    }

    /// Running or quiet: by the run's files, and by another one that shows signs of life.
    pub(super) fn feel(&mut self, beat: Option<PathBuf>) {
        let folder = &self.sight.folder;
        let mut files = vec![folder.metrics(), folder.steps(), folder.log(), folder.config()];
        files.extend(beat);
        let silence = self.pulse.silence(&files);
        let epoch = self.sight.last.map_or(0.0, |last| last.seconds);
        let epoch = Duration::try_from_secs_f64(3.0 * epoch).unwrap_or_default();
        self.sight.silence = silence.as_secs_f64();
        let running = silence < PATIENCE.max(epoch);
        self.sight.state = if running { State::Running } else { State::Quiet };
    }
}
