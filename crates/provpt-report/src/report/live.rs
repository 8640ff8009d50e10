//! The page of a run while the run goes on. It is drawn from what the run tells, not from its
//! files, and not more often than is worth it.

use std::time::{Duration, Instant};

use provpt_runs::{
    EpochRecord, Error, Metrics, RunFolder, RunResult, StepRecord, Steps, atomic, if_there,
};

use super::{ReportInput, config_text, render, title};

/// The shortest pause between two drawings.
const SHORTEST_PAUSE: Duration = Duration::from_secs(2);
/// A pause is at least so many times as long as the drawing before it: drawing takes about one
/// per cent of a run's time at most.
const PAUSE_PER_DRAWING: u32 = 100;

/// Keeps `report.html` up to date while a run goes on.
///
/// The first epoch is drawn at once. After that a new epoch is drawn when two seconds, and a
/// hundred times the time that the last drawing took, have passed since then; so a page may lack
/// the latest epochs of a run that is killed. What ends a run is drawn at once. A page that could
/// not be written is due again.
#[derive(Debug)]
pub struct LiveReport {
    folder: RunFolder,
    config: String,
    metrics: Metrics,
    /// If the run records them.
    steps: Option<Steps>,
    result: Option<RunResult>,
    /// The error that ended the run.
    failure: Option<String>,
    pace: Pace,
    /// Whether there is something that has not been drawn.
    stale: bool,
}

impl LiveReport {
    /// For a run whose configuration is in its folder and which has done the `earlier` epochs,
    /// none unless it is resumed. `steps` says whether it records its steps.
    ///
    /// # Errors
    /// [`Error::Read`], if the configuration or the earlier steps cannot be read.
    pub fn open(folder: &RunFolder, earlier: &[EpochRecord], steps: bool) -> Result<Self, Error> {
        let before = |path: &_| Steps::load_before(path, earlier.len());
        let known = || if_there(&folder.steps(), before).map(Option::unwrap_or_default);
        Ok(Self {
            config: config_text(folder)?,
            metrics: Metrics::from(earlier.to_vec()),
            steps: steps.then(known).transpose()?,
            result: None,
            failure: None,
            pace: Pace::default(),
            stale: false,
            folder: folder.clone(),
        })
    }

    /// The epochs so far.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The steps so far, if the run records them.
    pub fn steps(&self) -> &[StepRecord] {
        self.steps.as_deref().unwrap_or_default()
    }

    /// The steps of one epoch.
    pub fn steps_of(&self, epoch: usize) -> &[StepRecord] {
        let steps = self.steps();
        let first = steps.partition_point(|step| step.epoch < epoch);
        let after = steps.partition_point(|step| step.epoch <= epoch);
        &steps[first..after]
    }

    /// Takes in a training step. Nothing is drawn.
    pub fn step(&mut self, record: &StepRecord) {
        if let Some(steps) = &mut self.steps {
            steps.push(record.clone());
        }
    }

    /// Takes in an epoch, and draws the page if that is due.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn epoch(&mut self, record: &EpochRecord) -> Result<(), Error> {
        self.metrics.push(record.clone());
        self.stale = true;
        if self.pace.is_due(Instant::now()) { self.draw() } else { Ok(()) }
    }

    /// Draws the page of a run that has come to its end.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn finish(&mut self, result: &RunResult) -> Result<(), Error> {
        self.result = Some(result.clone());
        self.draw()
    }

    /// Draws the page of a run that an error ended.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn fail(&mut self, reason: &str) -> Result<(), Error> {
        self.failure = Some(reason.to_owned());
        self.draw()
    }

    /// Draws what has not been drawn yet, if there is anything.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn catch_up(&mut self) -> Result<(), Error> {
        if self.stale { self.draw() } else { Ok(()) }
    }

    fn draw(&mut self) -> Result<(), Error> {
        let begun = Instant::now();
        let page = render(&ReportInput {
            title: &title(&self.folder, self.result.as_ref()),
            config_toml: &self.config,
            metrics: &self.metrics,
            steps: self.steps.as_ref(),
            result: self.result.as_ref(),
            study: None,
            failure: self.failure.as_deref(),
        });
        let written = atomic::write(&self.folder.report(), page.as_bytes());
        self.stale = written.is_err();
        self.pace.drawn(begun, Instant::now());
        written
    }
}

/// When a page is to be drawn.
#[derive(Debug, Default)]
struct Pace {
    /// Not before this; none before the first drawing.
    next: Option<Instant>,
}

impl Pace {
    fn is_due(&self, now: Instant) -> bool {
        self.next.is_none_or(|next| now >= next)
    }

    fn drawn(&mut self, begun: Instant, ended: Instant) {
        let pause = PAUSE_PER_DRAWING * ended.duration_since(begun);
        self.next = ended.checked_add(pause.max(SHORTEST_PAUSE));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawing_is_due_at_once_and_then_after_a_pause_that_its_cost_sets() {
        let (mut pace, begun) = (Pace::default(), Instant::now());
        assert!(pace.is_due(begun));
        let milliseconds = |ms| begun + Duration::from_millis(ms);
        pace.drawn(begun, milliseconds(5));
        assert!(!pace.is_due(milliseconds(2004)) && pace.is_due(milliseconds(2005)));
        pace.drawn(milliseconds(3000), milliseconds(3100));
        assert!(!pace.is_due(milliseconds(13_099)) && pace.is_due(milliseconds(13_100)));
    }
}
