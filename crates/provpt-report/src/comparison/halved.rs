//! What successive halving saved, and what it would have.

use provpt_runs::sweep::{Course, Epochs, Halving, Stage, simulate};
use provpt_runs::{EpochRecord, Error, Metrics, if_there};

use super::Comparison;
use super::entry::{Entry, Group, State};

/// What successive halving did to one grid, or would have done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HalvingOutcome {
    /// The task.
    pub task: String,
    /// The method.
    pub method: String,
    /// Epochs run, or that would have been, and of the whole grid.
    pub epochs: Epochs,
    /// Whether the whole grid would have chosen the same, if that is known.
    pub chosen_same: Option<bool>,
}

impl Comparison {
    /// What halving did to the grids that it thinned out. Whether they would have chosen the same
    /// is not known of these.
    pub fn halved(&self) -> Vec<HalvingOutcome> {
        let outcome = |group: &Group| {
            Some(HalvingOutcome {
                task: group.task.clone(),
                method: group.method.clone(),
                epochs: group.epochs?,
                chosen_same: None,
            })
        };
        self.groups.iter().filter_map(outcome).collect()
    }

    /// What `halving` would have done to the grids that ran in full, from their epochs.
    ///
    /// # Errors
    /// Those of reading them.
    pub fn simulated(&self, halving: Halving) -> Result<Vec<HalvingOutcome>, Error> {
        let mut outcomes = Vec::new();
        for group in &self.groups {
            let grid: Vec<&Entry> =
                group.entries.iter().filter(|entry| entry.stage == Stage::Grid).collect();
            let whole = |e: &&Entry| matches!(e.state, State::Done | State::Failed);
            if grid.len() > 1 && grid.iter().all(whole) {
                outcomes.push(simulated(group, &grid, halving)?);
            }
        }
        Ok(outcomes)
    }
}

fn simulated(group: &Group, grid: &[&Entry], halving: Halving) -> Result<HalvingOutcome, Error> {
    let courses: Vec<Course> = grid.iter().map(|entry| course(entry)).collect::<Result<_, _>>()?;
    let total = courses.iter().map(|course| course.val_top1.len()).max().unwrap_or(0);
    let simulated = simulate(halving, total, &courses);
    Ok(HalvingOutcome {
        task: group.task.clone(),
        method: group.method.clone(),
        epochs: simulated.epochs,
        chosen_same: simulated.best.map(|best| simulated.chosen == Some(best)),
    })
}

fn course(entry: &Entry) -> Result<Course, Error> {
    let metrics = match entry.state {
        State::Done => if_there(&entry.run.metrics(), Metrics::load)?.unwrap_or_default(),
        _ => Metrics::default(),
    };
    let top1 = |record: &EpochRecord| record.val.and_then(|val| val.accuracy());
    let val_top1 = metrics.iter().map(|record| top1(record).unwrap_or(f64::NAN)).collect();
    Ok(Course { values: entry.values.clone(), val_top1 })
}
