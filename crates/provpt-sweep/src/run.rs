//! Workers: claim, run, and so on until nothing is left.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use provpt_runs::sweep::{Stage, Trial};

use crate::board::{Board, Next, Tally, Waiting, Work};
use crate::claim::Holder;
use crate::work::{Launcher, Outcome, Shop};
use crate::{Error, Sweep};

/// Between looks for something to do, while others hold what is left.
const SHORTEST_NAP: Duration = Duration::from_millis(100);
const LONGEST_NAP: Duration = Duration::from_secs(5);

/// How workers go about it.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Trials at once, at least 1.
    pub jobs: usize,
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
        for number in 0..options.jobs.max(1) {
            let crew = &crew;
            scope.spawn(move || crew.work(&Holder::here(number)));
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
    let waiting = crew.work_once(&Holder::here(0));
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

/// Workers of one process.
struct Crew<'a> {
    sweep: &'a Sweep,
    launcher: &'a Launcher,
    stale_after: Duration,
    board: Mutex<Board<'a>>,
    /// Set from outside.
    stop: &'a AtomicBool,
    /// Set when one worker met an error: the others end, too.
    halt: AtomicBool,
    error: Mutex<Option<Error>>,
    watch: &'a (dyn Fn(&Event<'_>) + Sync),
    begun: Instant,
}

impl<'a> Crew<'a> {
    fn new(
        sweep: &'a Sweep,
        launcher: &'a Launcher,
        options: &Options,
        wanted: Vec<usize>,
        stop: &'a AtomicBool,
        watch: &'a (dyn Fn(&Event<'_>) + Sync),
    ) -> Self {
        let stale_after = options.stale_after;
        let board = Mutex::new(Board::new(sweep, wanted, stale_after));
        let (halt, error, begun) = (AtomicBool::new(false), Mutex::new(None), Instant::now());
        Self { sweep, launcher, stale_after, board, stop, halt, error, watch, begun }
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.halt.load(Ordering::Relaxed)
    }

    fn next(&self, holder: &Holder) -> Option<Next> {
        let mut board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
        self.kept(board.next(holder, self.begun.elapsed()))
    }

    /// The value; or none, and the first error kept.
    fn kept<T>(&self, result: Result<T, Error>) -> Option<T> {
        let error = match result {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        self.halt.store(true, Ordering::Relaxed);
        self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        None
    }

    /// Trial after trial. While others hold what is left, one of them may die: so we stay.
    fn work(&self, holder: &Holder) {
        let mut nap = SHORTEST_NAP;
        while !self.stopped() {
            match self.next(holder) {
                Some(Next::Work(work)) => {
                    self.perform(&work);
                    nap = SHORTEST_NAP;
                }
                Some(Next::Wait(_)) => {
                    self.sleep(nap);
                    nap = (nap * 3 / 2).min(LONGEST_NAP);
                }
                Some(Next::Nothing) | None => return,
            }
        }
    }

    /// One trial, as far as it can be brought now. A claim that shows no sign of life is watched
    /// until that is certain.
    fn work_once(&self, holder: &Holder) -> Option<Waiting> {
        let mut since = self.begun.elapsed();
        while !self.stopped() {
            match self.next(holder) {
                Some(Next::Work(work)) => {
                    self.perform(&work);
                    since = self.begun.elapsed();
                }
                Some(Next::Wait(Waiting::Held(..)))
                    if self.begun.elapsed() < since + self.stale_after + 5 * SHORTEST_NAP =>
                {
                    self.sleep(SHORTEST_NAP);
                }
                Some(Next::Wait(waiting)) => return Some(waiting),
                Some(Next::Nothing) | None => return None,
            }
        }
        None
    }

    fn perform(&self, work: &Work) -> Option<()> {
        let trial = &self.sweep.trials[work.trial];
        (self.watch)(&Event::Started(trial));
        let shop = Shop {
            sweep: self.sweep,
            launcher: self.launcher,
            beat: (self.stale_after / 12).min(Duration::from_secs(5)),
            stop: &|| self.stopped(),
        };
        let outcome = self.kept(shop.run(work))?;
        (self.watch)(&Event::Ended(trial, &outcome));
        Some(())
    }

    fn sleep(&self, nap: Duration) {
        let until = Instant::now() + nap;
        while !self.stopped() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn end(self) -> Result<Tally, Error> {
        match self.error.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(self.board.into_inner().unwrap_or_else(PoisonError::into_inner).tally()),
        }
    }
}

/// How many trials of a stage, or of all, have ended already; those that halving gave up among
/// them are not counted.
pub fn ended(sweep: &Sweep, stage: Option<Stage>) -> usize {
    let mut board = Board::new(sweep, sweep.stage(stage), Duration::MAX);
    let tally = board.tally();
    tally.done + tally.failed
}
