//! The best of a grid, settled once all of the grid has ended.

use provpt_runs::sweep::{Choice, Epochs, TrialFailure};
use provpt_runs::{RunResult, if_there};

use super::{Board, Ended};
use crate::Error;

impl Board<'_> {
    /// Whether the choice of a group is made; makes it when it is time. Whoever comes first may:
    /// from the same files anybody chooses the same.
    pub(super) fn settle(&mut self, group: usize) -> Result<bool, Error> {
        if self.choices[group].is_some() {
            return Ok(true);
        }
        let named = &self.sweep.groups()[group];
        let path = self.sweep.folder.choice(&named.task, &named.method);
        self.choices[group] = if_there(&path, Choice::load)?;
        if self.choices[group].is_some() {
            return Ok(true);
        }
        self.advance(group)?;
        if self.unfinished(group) > 0 {
            return Ok(false);
        }
        match self.choose(group)? {
            Some(choice) => {
                choice.store(&path)?;
                self.choices[group] = Some(choice);
                Ok(true)
            }
            None => {
                self.fail_finals(group)?;
                Ok(false)
            }
        }
    }

    fn choose(&self, group: usize) -> Result<Option<Choice>, Error> {
        let (sweep, group) = (self.sweep, &self.sweep.groups()[group]);
        let count = |how| group.grid.iter().filter(|&&t| self.ended[t] == Some(how)).count();
        let mut results = Vec::new();
        let mut epochs = Epochs::default();
        for &trial in &group.grid {
            match self.ended[trial] {
                Some(Ended::Done) => {
                    let run = sweep.folder.run(&sweep.trials[trial]);
                    let result = RunResult::load(&run.result())?;
                    epochs.trained += result.epochs;
                    epochs.full += result.epochs;
                    results.push((trial, result.val.and_then(|val| val.accuracy())));
                }
                Some(Ended::Stopped) => {
                    epochs.trained += self.reached[trial];
                    epochs.full += group.epochs;
                }
                _ => {}
            }
        }
        Ok(sweep.best(&results).map(|(trial, val_top1)| Choice {
            task: group.task.clone(),
            method: group.method.clone(),
            trial: trial.id.clone(),
            values: trial.values.clone(),
            val_top1,
            finished: count(Ended::Done),
            failed: count(Ended::Failed),
            stopped: count(Ended::Stopped),
            epochs,
        }))
    }

    /// Without a grid's best trial there is nothing to train with.
    fn fail_finals(&mut self, group: usize) -> Result<(), Error> {
        let sweep = self.sweep;
        let group = &sweep.groups()[group];
        let failed = group.grid.iter().find(|&&trial| self.ended[trial] == Some(Ended::Failed));
        let first = failed.map(|&trial| sweep.folder.failure(&sweep.trials[trial].id));
        let reason = match first.map(|path| TrialFailure::load(&path)).transpose()? {
            Some(failure) => format!("no trial of the grid came to its end: {}", failure.reason),
            None => "no trial of the grid has a validation accuracy".to_owned(),
        };
        for &trial in &group.finals {
            let id = sweep.trials[trial].id.clone();
            let path = sweep.folder.failure(&id);
            let reason = reason.clone();
            TrialFailure { id, exit_code: None, reason, attempts: 0 }.store(&path)?;
            self.ended[trial] = Some(Ended::Failed);
        }
        Ok(())
    }
}
