//! Successive halving while it happens; the rule is [`Halving`]'s.

use std::path::PathBuf;

use provpt_runs::sweep::{Halving, Rung};
use provpt_runs::{Metrics, atomic, if_there};

use super::{Board, Ended};
use crate::sweep::Group;
use crate::{Error, Sweep};

/// The rungs of one group: `rungs/TASK.METHOD.json` has those that are settled.
#[derive(Debug, Clone)]
pub(crate) struct Rungs {
    halving: Option<Halving>,
    path: PathBuf,
    /// Last epochs of the rungs.
    ends: Vec<usize>,
    settled: Vec<Rung>,
    /// Trials that have not been given up.
    alive: Vec<usize>,
}

impl Rungs {
    pub(crate) fn new(sweep: &Sweep, group: &Group) -> Self {
        let halving = sweep.info.halving;
        let ends = halving.map_or_else(|| vec![group.epochs], |h| h.rungs(group.epochs));
        let path = sweep.folder.rungs(&group.task, &group.method);
        Self { halving, path, ends, settled: Vec::new(), alive: group.grid.clone() }
    }

    /// What a trial that has reached so many epochs is to do: nothing now, or run, until the end
    /// (none) or to so many epochs.
    pub(super) fn next(&self, trial: usize, reached: usize) -> Option<Option<usize>> {
        let level = self.settled.len();
        let end = *self.ends.get(level)?;
        let due = self.alive.contains(&trial) && reached < end;
        due.then(|| (level + 1 < self.ends.len()).then_some(end))
    }

    /// Reads what has been settled, here or elsewhere.
    pub(crate) fn refresh(&mut self, sweep: &Sweep) -> Result<(), Error> {
        if self.halving.is_none() {
            return Ok(());
        }
        let Some(settled) = if_there(&self.path, Rung::load_all)? else { return Ok(()) };
        self.settled = settled;
        if let Some(last) = self.settled.last() {
            self.alive.retain(|&trial| last.promoted.contains(&sweep.trials[trial].id));
        }
        Ok(())
    }

    /// Whether halving has given a trial of the grid up.
    pub(crate) fn gave_up(&self, trial: usize) -> bool {
        !self.alive.contains(&trial)
    }
}

impl Board<'_> {
    /// Settles the rungs of a group that can be settled, and ends the trials that are given up.
    pub(super) fn advance(&mut self, group: usize) -> Result<(), Error> {
        if self.rungs[group].halving.is_none() {
            return Ok(());
        }
        let sweep = self.sweep;
        self.rungs[group].refresh(sweep)?;
        while self.settle_rung(group)? {}
        for &trial in &sweep.groups()[group].grid {
            if self.look(trial).is_none() && self.rungs[group].gave_up(trial) {
                self.reach(trial)?;
                self.ended[trial] = Some(Ended::Stopped);
            }
        }
        Ok(())
    }

    /// Settles the next rung if all that entered it have ended it.
    fn settle_rung(&mut self, group: usize) -> Result<bool, Error> {
        let rungs = &self.rungs[group];
        let level = rungs.settled.len();
        let (Some(halving), Some(&end)) = (rungs.halving, rungs.ends.get(level)) else {
            return Ok(false);
        };
        if level + 1 == rungs.ends.len() {
            return Ok(false);
        }
        let entered = rungs.alive.clone();
        for &trial in &entered {
            if self.look(trial).is_none() && self.reach(trial)? < end {
                return Ok(false);
            }
        }
        let scored = entered.iter().map(|&trial| Ok((trial, self.score(trial, end)?)));
        let scored: Vec<(usize, Option<f64>)> = scored.collect::<Result<_, Error>>()?;
        let promoted = halving.promoted(&self.sweep.candidates(&scored)).into_iter();
        let promoted = promoted.map(|index| self.sweep.trials[entered[index]].id.clone()).collect();
        let rung = Rung { epochs: end, entered: entered.len(), promoted };
        let rungs = &mut self.rungs[group];
        rungs.alive.retain(|&trial| rung.promoted.contains(&self.sweep.trials[trial].id));
        rungs.settled.push(rung);
        atomic::create_parent(&rungs.path)?;
        atomic::write_json(&rungs.path, &rungs.settled)?;
        Ok(true)
    }

    /// Epochs after which a trial is known to have stopped as asked. Its metrics alone do not
    /// tell: they are written ahead of the checkpoint.
    pub(super) fn reach(&mut self, trial: usize) -> Result<usize, Error> {
        if let Some(most) = self.sweep.claims(trial).ends()?.iter().map(|end| end.epochs).max() {
            self.reached[trial] = self.reached[trial].max(most);
        }
        Ok(self.reached[trial])
    }

    /// Val top-1 of a trial after so many epochs; of one that was done before, the last one.
    fn score(&self, trial: usize, epochs: usize) -> Result<Option<f64>, Error> {
        if self.ended[trial] == Some(Ended::Failed) {
            return Ok(None);
        }
        let run = self.sweep.folder.run(&self.sweep.trials[trial]);
        let metrics = Metrics::load(&run.metrics())?;
        let record = metrics[..epochs.min(metrics.len())].last();
        Ok(record.and_then(|record| record.val?.accuracy()))
    }
}
