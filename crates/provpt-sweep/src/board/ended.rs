//! Trials that have ended, and how.

use super::Board;

/// How a trial ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It has a result.
    Done,
    /// It has none, and will not be tried again unless asked for.
    Failed,
    /// Successive halving gave it up.
    Stopped,
}

impl Board<'_> {
    /// Whether a trial has ended, looked up unless known.
    pub(super) fn look(&mut self, trial: usize) -> Option<Ended> {
        if self.ended[trial].is_none() {
            let (folder, planned) = (&self.sweep.folder, &self.sweep.trials[trial]);
            if folder.run(planned).is_finished() {
                self.ended[trial] = Some(Ended::Done);
            } else if folder.failure(&planned.id).is_file() {
                self.ended[trial] = Some(Ended::Failed);
            }
        }
        self.ended[trial]
    }

    /// Trials of a group's grid that have not ended yet.
    pub(super) fn unfinished(&mut self, group: usize) -> usize {
        let mut count = 0;
        for &trial in &self.sweep.groups()[group].grid {
            count += usize::from(self.look(trial).is_none());
        }
        count
    }

    /// Counts: done, failed, stopped, and what is left of the trials that may be worked on.
    pub(crate) fn tally(&mut self) -> Tally {
        let mut tally = Tally::default();
        for index in 0..self.wanted.len() {
            match self.look(self.wanted[index]) {
                Some(Ended::Done) => tally.done += 1,
                Some(Ended::Failed) => tally.failed += 1,
                Some(Ended::Stopped) => tally.stopped += 1,
                None => tally.left += 1,
            }
        }
        tally
    }
}

/// What became of trials.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// With a result.
    pub done: usize,
    /// Without one.
    pub failed: usize,
    /// Given up by successive halving.
    pub stopped: usize,
    /// Not ended.
    pub left: usize,
}
