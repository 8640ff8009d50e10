//! What `run` and `worker` have in common: signals, progress, and how it ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use provpt_runs::sweep::{self, Trial};
use provpt_sweep::{Event, Launcher, Outcome, Place, Sweep, Tally};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::app::App;
use crate::failure::Failure;

/// Part of a sweep.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Stage {
    /// Trials to choose by
    Grid,
    /// Trials to report
    Final,
}

impl From<Stage> for sweep::Stage {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Grid => Self::Grid,
            Stage::Final => Self::Final,
        }
    }
}

/// Options of workers.
#[derive(Debug, Args)]
pub(super) struct Working {
    /// Work on trials of this stage only
    #[arg(long, value_name = "STAGE")]
    pub(super) stage: Option<Stage>,
    /// Take a trial over whose worker has shown no sign of life for so long
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    stale_after: f64,
}

impl Working {
    pub(super) fn options(
        &self,
        places: Vec<Place>,
        memory: Option<u64>,
    ) -> Result<provpt_sweep::Options, Failure> {
        let seconds = self.stale_after;
        let stale_after = Duration::try_from_secs_f64(seconds).ok().filter(|d| !d.is_zero());
        let wrong = || format!("--stale-after: expected a time above 0 seconds, got {seconds}");
        let stale_after = stale_after.ok_or_else(|| Failure::usage(wrong()))?;
        let stage = self.stage.map(sweep::Stage::from);
        Ok(provpt_sweep::Options { places, memory, stage, stale_after })
    }
}

/// This very program.
pub(super) fn launcher() -> Result<Launcher, Failure> {
    Ok(Launcher::new([std::env::current_exe()?]))
}

/// Whether a signal has asked for an end.
pub(super) struct Signals {
    /// By any of them.
    pub(super) stop: Arc<AtomicBool>,
    /// By the one that Slurm sends ahead of an end.
    pub(super) notice: Arc<AtomicBool>,
}

impl Signals {
    /// Interrupts and requests to end stop trials in an orderly way; a second one ends at once.
    pub(super) fn listen() -> Result<Self, Failure> {
        let signals = Self { stop: Arc::default(), notice: Arc::default() };
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            signal_hook::flag::register_conditional_shutdown(signal, 1, Arc::clone(&asked))?;
            for flag in [&asked, &signals.stop] {
                signal_hook::flag::register(signal, Arc::clone(flag))?;
            }
        }
        #[cfg(unix)]
        for flag in [&signals.notice, &signals.stop] {
            signal_hook::flag::register(signal_hook::consts::SIGUSR1, Arc::clone(flag))?;
        }
        Ok(signals)
    }

    pub(super) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Shows trials as they begin and end.
pub(super) struct Progress<'a> {
    app: &'a App,
    bar: ProgressBar,
}

impl<'a> Progress<'a> {
    /// `known` of the `trials` have ended before.
    pub(super) fn new(app: &'a App, trials: usize, known: usize) -> Self {
        let bar = app.terminal.bar(trials, "trial");
        bar.set_position(known as u64);
        Self { app, bar }
    }

    pub(super) fn event(&self, event: &Event<'_>) {
        let (trial, outcome) = match event {
            Event::Started(trial) => return self.bar.set_message(name(trial)),
            Event::Ended(trial, outcome) => (trial, outcome),
        };
        if matches!(outcome, Outcome::Done | Outcome::Failed(_)) {
            self.bar.inc(1);
        }
        let line = format!("{:<9} {} {}", word(outcome), trial.id, name(trial));
        match outcome {
            // A bar says as much as all these lines.
            Outcome::Done | Outcome::Paused if self.app.terminal.live() => {}
            Outcome::Failed(reason) => self.app.terminal.note(&format!("{line}: {reason}")),
            _ => self.app.terminal.note(&line),
        }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::Paused => "paused",
        Outcome::Failed(_) => "failed",
        Outcome::Crashed => "crashed",
        Outcome::Released => "stopped",
        Outcome::Lost => "lost",
    }
}

/// A trial as people know it.
pub(super) fn name(trial: &Trial) -> String {
    let values = super::values(&trial.values);
    let seed = if trial.values.is_empty() { format!("seed {}", trial.seed) } else { values };
    format!("{} on {}, {seed}", trial.method, trial.task)
}

/// Says how it ended; a failure if trials failed, or are left for a signal.
pub(super) fn finish(
    app: &App,
    sweep: &Sweep,
    tally: &Tally,
    signals: &Signals,
) -> Result<(), Failure> {
    let Tally { done, failed, stopped, left } = *tally;
    let mut parts = vec![format!("{done} done")];
    let others = [(failed, "failed"), (stopped, "stopped early"), (left, "left")];
    parts.extend(others.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
    app.terminal.note(&parts.join(", "));
    if signals.stopped() && left > 0 {
        return Err(Failure::Interrupted { left });
    }
    if failed > 0 {
        let path = sweep.folder.path().to_owned();
        return Err(Failure::TrialsFailed { path, failed });
    }
    Ok(())
}
