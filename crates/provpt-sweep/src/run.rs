//! Workers: claim, run, and so on until nothing is left.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use provpt_runs::sweep::{Stage, Trial};

use crate::board::{Board, Tally, Waiting};
use crate::claim::Holder;
use crate::crew::Crew;
use crate::work::{Launcher, Outcome};
use crate::{Error, Place, Sweep};

/// How workers go about it.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where trials run, one at a time at each; at least one place.
    pub places: Vec<Place>,
    /// Bytes of memory for all of them; none: there is no limit. What trials take is known from
    /// those that have ended, and from those that have done an epoch.
    pub memory: Option<u64>,
    /// Of this stage only.
    pub stage: Option<Stage>,
    /// For how long another's claim may show no sign of life.
    pub stale_after: Duration,
}

/// What happens while a sweep runs.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// A trial was claimed and starts, or goes on.
    Started(&'a Trial),
    /// A claimed trial came to this.
    Ended(&'a Trial, &'a Outcome),
}

/// Works on a sweep until all of its trials have ended, or `stop` is set. Any number of processes
/// can do so at once, on any machines that share the folder. `watch` hears of this one's trials,
/// on whatever thread.
///
/// # Errors
/// A file of the sweep cannot be read or written, or the program cannot be started. Trials that
/// fail are no error: see [`Tally`].
pub fn run(
    sweep: &Sweep,
    launcher: &Launcher,
    options: &Options,
    stop: &AtomicBool,
    watch: &(dyn Fn(&Event<'_>) + Sync),
) -> Result<Tally, Error> {
    let crew = Crew::new(sweep, launcher, options, sweep.stage(options.stage), stop, watch);
    std::thread::scope(|scope| {
        for (number, place) in options.places.iter().enumerate() {
            let crew = &crew;
            scope.spawn(move || crew.work(&Holder::here(number), place));
        }
    });
    crew.end()
}

/// Works on one trial, until it has ended or nothing can be done about it now.
///
/// # Errors
/// As [`run`]; [`Error::NotDue`] if trials that it depends on have not ended.
pub fn run_one(
    sweep: &Sweep,
    launcher: &Launcher,
    options: &Options,
    trial: usize,
    stop: &AtomicBool,
    watch: &(dyn Fn(&Event<'_>) + Sync),
) -> Result<Single, Error> {
    let crew = Crew::new(sweep, launcher, options, vec![trial], stop, watch);
    let place = options.places.first().cloned().unwrap_or_default();
    let waiting = crew.work_once(&Holder::here(0), &place);
    let tally = crew.end()?;
    match waiting {
        Some(Waiting::NotDue(trial)) if sweep.trials[trial].stage == Stage::Final => {
            let Trial { id, task, method, .. } = &sweep.trials[trial];
            let (id, task, method) = (id.clone(), task.clone(), method.clone());
            Err(Error::NotDue { id, task, method })
        }
        Some(Waiting::Held(_, holder)) => Ok(Single::Held(holder)),
        _ => Ok(Single::Ended(tally)),
    }
}

/// What came of working on one trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Single {
    /// This.
    Ended(Tally),
    /// Somebody else works on it.
    Held(Option<Box<Holder>>),
}

/// How many trials of a stage, or of all, have ended already; those that halving gave up among
/// them are not counted.
pub fn ended(sweep: &Sweep, stage: Option<Stage>) -> usize {
    let mut board = Board::new(sweep, sweep.stage(stage), Duration::MAX);
    let tally = board.tally();
    tally.done + tally.failed
}
