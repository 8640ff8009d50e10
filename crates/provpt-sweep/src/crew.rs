//! The workers of one process, who share what is known of a sweep.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::board::{Board, Next, Tally, Waiting, Work};
use crate::claim::Holder;
use crate::place::{Room, room, taken_by};
use crate::run::{Event, Options};
use crate::work::{Launcher, Outcome, Shop};
use crate::{Error, Place, Sweep};

/// Between looks for something to do, while others hold what is left.
const SHORTEST_NAP: Duration = Duration::from_millis(100);
const LONGEST_NAP: Duration = Duration::from_secs(5);

/// Workers of one process.
pub(crate) struct Crew<'a> {
    sweep: &'a Sweep,
    launcher: &'a Launcher,
    stale_after: Duration,
    board: Mutex<Board<'a>>,
    room: Mutex<Room>,
    /// Set from outside.
    stop: &'a AtomicBool,
    /// Set when one worker met an error: the others end, too.
    halt: AtomicBool,
    error: Mutex<Option<Error>>,
    watch: &'a (dyn Fn(&Event<'_>) + Sync),
    begun: Instant,
}

impl<'a> Crew<'a> {
    pub(crate) fn new(
        sweep: &'a Sweep,
        launcher: &'a Launcher,
        options: &Options,
        wanted: Vec<usize>,
        stop: &'a AtomicBool,
        watch: &'a (dyn Fn(&Event<'_>) + Sync),
    ) -> Self {
        let stale_after = options.stale_after;
        let room = Mutex::new(room(sweep, options.memory));
        let board = Mutex::new(Board::new(sweep, wanted, stale_after));
        let (halt, error, begun) = (AtomicBool::new(false), Mutex::new(None), Instant::now());
        Self { sweep, launcher, stale_after, board, room, stop, halt, error, watch, begun }
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.halt.load(Ordering::Relaxed)
    }

    fn next(&self, holder: &Holder) -> Option<Next> {
        let mut board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever holds the board is the only one who adds to what runs.
        let admits = |group| self.room().admits(group);
        let next = self.kept(board.next_of(holder, self.begun.elapsed(), admits))?;
        if let Next::Work(work) = &next {
            self.room().enter(work.trial, self.sweep.group_of(work.trial));
        }
        Some(next)
    }

    fn room(&self) -> MutexGuard<'_, Room> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
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
    pub(crate) fn work(&self, holder: &Holder, place: &Place) {
        let mut nap = SHORTEST_NAP;
        while !self.stopped() {
            match self.next(holder) {
                Some(Next::Work(work)) => {
                    self.perform(&work, place);
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
    pub(crate) fn work_once(&self, holder: &Holder, place: &Place) -> Option<Waiting> {
        let mut since = self.begun.elapsed();
        while !self.stopped() {
            match self.next(holder) {
                Some(Next::Work(work)) => {
                    self.perform(&work, place);
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

    fn perform(&self, work: &Work, place: &Place) -> Option<()> {
        let trial = &self.sweep.trials[work.trial];
        (self.watch)(&Event::Started(trial));
        let group = self.sweep.group_of(work.trial);
        let hear = |bytes| self.room().learn(group, bytes);
        let is_limited = self.room().is_limited();
        let shop = Shop {
            sweep: self.sweep,
            launcher: self.launcher,
            beat: (self.stale_after / 12).min(Duration::from_secs(5)),
            stop: &|| self.stopped(),
            place,
            peak: is_limited.then_some(&hear as &dyn Fn(u64)),
        };
        let outcome = shop.run(work);
        if is_limited && matches!(outcome, Ok(Outcome::Done)) {
            // One that does not say counts as small: others need not wait until one does.
            hear(taken_by(self.sweep, work.trial).unwrap_or(0));
        }
        self.room().leave(work.trial);
        let outcome = self.kept(outcome)?;
        (self.watch)(&Event::Ended(trial, &outcome));
        Some(())
    }

    fn sleep(&self, nap: Duration) {
        let until = Instant::now() + nap;
        while !self.stopped() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn end(self) -> Result<Tally, Error> {
        match self.error.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(self.board.into_inner().unwrap_or_else(PoisonError::into_inner).tally()),
        }
    }
}
