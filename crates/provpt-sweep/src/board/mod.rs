//! What has been done, what is due, and who may do it: a sweep as one process sees it.
//!
//! All of it can be read off the files at any time; what cannot change any more is remembered.

mod choose;
mod ended;
mod rungs;

use std::time::Duration;

use provpt_runs::sweep::{Choice, Stage};
use serde_json::Map;

pub(crate) use ended::Ended;
pub use ended::Tally;
pub(crate) use rungs::Rungs;

use crate::claim::{Holder, Watch};
use crate::{Error, Sweep};

/// A sweep as one process sees it.
#[derive(Debug)]
pub(crate) struct Board<'a> {
    sweep: &'a Sweep,
    /// Trials that may be worked on, in order.
    wanted: Vec<usize>,
    ended: Vec<Option<Ended>>,
    /// Epochs after which each trial was known to have stopped as asked.
    reached: Vec<usize>,
    rungs: Vec<Rungs>,
    choices: Vec<Option<Choice>>,
    watch: Watch,
}

/// A trial to be run, claimed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Work {
    pub(crate) trial: usize,
    /// Of the claim.
    pub(crate) generation: u64,
    /// Epochs after which to stop, if not at the end.
    pub(crate) until: Option<usize>,
    /// The configuration, complete.
    pub(crate) config: Map<String, serde_json::Value>,
}

/// What there is to do.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Next {
    /// This.
    Work(Box<Work>),
    /// Nothing at the moment: others hold what is left, or it depends on what they hold.
    Wait(Waiting),
    /// Nothing ever: all trials have ended.
    Nothing,
}

/// Why there is nothing to do at the moment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Waiting {
    /// Somebody works on the trial, as far as can be told.
    Held(usize, Option<Box<Holder>>),
    /// The trial is not due before other trials of its group have ended.
    NotDue(usize),
    /// There is no memory for another trial.
    NoRoom,
}

/// Groups that need no second look while the trials are gone through once.
struct Pass {
    /// Rungs that could be settled are.
    advanced: Vec<bool>,
    /// No choice can be made yet.
    unsettled: Vec<bool>,
}

impl Pass {
    fn new(groups: usize) -> Self {
        Self { advanced: vec![false; groups], unsettled: vec![false; groups] }
    }
}

/// Whether a trial may be run.
enum Due {
    No,
    Yes { until: Option<usize>, choice: bool },
}

impl<'a> Board<'a> {
    pub(crate) fn new(sweep: &'a Sweep, wanted: Vec<usize>, patience: Duration) -> Self {
        let (trials, groups) = (sweep.trials.len(), sweep.groups().len());
        Self {
            sweep,
            wanted,
            ended: vec![None; trials],
            reached: vec![0; trials],
            rungs: sweep.groups().iter().map(|group| Rungs::new(sweep, group)).collect(),
            choices: vec![None; groups],
            watch: Watch::new(patience),
        }
    }

    /// Claims the next trial that is due for `holder`. `now` is monotonic.
    ///
    /// # Errors
    /// A file of the sweep cannot be read or written.
    #[cfg(test)]
    pub(crate) fn next(&mut self, holder: &Holder, now: Duration) -> Result<Next, Error> {
        self.next_of(holder, now, |_| true)
    }

    /// The same among those of groups that are admitted now.
    ///
    /// # Errors
    /// A file of the sweep cannot be read or written.
    pub(crate) fn next_of(
        &mut self,
        holder: &Holder,
        now: Duration,
        admits: impl Fn(usize) -> bool,
    ) -> Result<Next, Error> {
        let mut waiting = None;
        let mut pass = Pass::new(self.sweep.groups().len());
        for index in 0..self.wanted.len() {
            let trial = self.wanted[index];
            if self.look(trial).is_some() {
                continue;
            }
            match self.due(trial, &mut pass)? {
                // Settling a group may end a trial.
                _ if self.ended[trial].is_some() => {}
                Due::No => waiting = waiting.or(Some(Waiting::NotDue(trial))),
                Due::Yes { .. } if !admits(self.sweep.group_of(trial)) => {
                    waiting = waiting.or(Some(Waiting::NoRoom));
                }
                Due::Yes { until, choice } => match self.claim(trial, holder, now)? {
                    Ok(generation) => {
                        let config = self.config(trial, choice);
                        let work = Work { trial, generation, until, config };
                        return Ok(Next::Work(Box::new(work)));
                    }
                    Err(by) => waiting = waiting.or(Some(Waiting::Held(trial, by))),
                },
            }
        }
        Ok(waiting.map_or(Next::Nothing, Next::Wait))
    }

    /// The claim that was won, or who holds the trial.
    fn claim(
        &mut self,
        trial: usize,
        holder: &Holder,
        now: Duration,
    ) -> Result<Result<u64, Option<Box<Holder>>>, Error> {
        let claims = self.sweep.claims(trial);
        let latest = claims.latest()?;
        if let Some(latest) = &latest
            && latest.end.is_none()
        {
            let by = latest.holder.clone().map(Box::new);
            let gone = by.as_ref().is_some_and(|by| holder.knows_gone(by));
            let beats = claims.beats(latest.generation);
            if !self.watch.is_stale(trial, latest.generation, beats, now) && !gone {
                return Ok(Err(by));
            }
        }
        let generation = latest.map_or(0, |latest| latest.generation) + 1;
        let won = claims.take(generation, holder)?;
        Ok(if won { Ok(generation) } else { Err(None) })
    }

    fn due(&mut self, trial: usize, pass: &mut Pass) -> Result<Due, Error> {
        let group = self.sweep.group_of(trial);
        match self.sweep.trials[trial].stage {
            Stage::Grid if self.sweep.info.halving.is_none() => {
                Ok(Due::Yes { until: None, choice: false })
            }
            Stage::Grid => {
                if !std::mem::replace(&mut pass.advanced[group], true) {
                    self.advance(group)?;
                }
                if self.rungs[group].next(trial, self.reached[trial]).is_some() {
                    self.reach(trial)?;
                }
                let until = self.rungs[group].next(trial, self.reached[trial]);
                Ok(until.map_or(Due::No, |until| Due::Yes { until, choice: false }))
            }
            Stage::Final if self.sweep.trials[trial].picks.is_empty() => {
                Ok(Due::Yes { until: None, choice: false })
            }
            Stage::Final => {
                let settled = !pass.unsettled[group] && self.settle(group)?;
                pass.unsettled[group] = !settled;
                Ok(if settled { Due::Yes { until: None, choice: true } } else { Due::No })
            }
        }
    }

    /// A trial's configuration, with what was picked where that is settled by a choice.
    fn config(&self, trial: usize, choice: bool) -> Map<String, serde_json::Value> {
        let mut config = self.sweep.trials[trial].config.clone();
        let picked = self.choices[self.sweep.group_of(trial)].as_ref().filter(|_| choice);
        for (key, value) in picked.into_iter().flat_map(|choice| &choice.values) {
            config.insert(key.clone(), value.clone());
        }
        config
    }
}

#[cfg(test)]
mod tests;
