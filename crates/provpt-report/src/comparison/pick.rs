//! The best values of a grid.

use provpt_runs::sweep::{Candidate as Ranked, Stage, best_first};

use super::entry::{Chosen, Entry, State, Values, same};
use crate::stats::mean;

/// Val top-1 of some values: the mean over the seeds that ran with them.
#[derive(Debug)]
pub(crate) struct Candidate<'a> {
    pub(crate) values: &'a Values,
    pub(crate) entries: Vec<&'a Entry>,
    pub(crate) val: Option<f64>,
}

/// The grid's trials by values, in plan order.
pub(crate) fn candidates(entries: &[Entry]) -> Vec<Candidate<'_>> {
    let mut candidates: Vec<Candidate<'_>> = Vec::new();
    for entry in entries.iter().filter(|entry| entry.stage == Stage::Grid) {
        match candidates.iter_mut().find(|c| same(c.values, &entry.values)) {
            Some(candidate) => candidate.entries.push(entry),
            None => {
                let entries = vec![entry];
                candidates.push(Candidate { values: &entry.values, entries, val: None });
            }
        }
    }
    for candidate in &mut candidates {
        let vals: Vec<f64> = candidate.entries.iter().filter_map(|entry| entry.val()).collect();
        candidate.val = mean(&vals);
    }
    candidates
}

/// The values with the best val top-1 in the last epoch. Without validation there is a best only
/// where there is no choice.
pub(crate) fn best(entries: &[Entry]) -> Option<Chosen> {
    let candidates = candidates(entries);
    let done = |c: &&Candidate<'_>| c.entries.iter().any(|entry| entry.state == State::Done);
    let chosen =
        |c: &Candidate<'_>| Chosen { values: c.values.clone(), val: c.val, settled: false };
    if let [only] = candidates.iter().filter(done).collect::<Vec<_>>()[..] {
        return Some(chosen(only));
    }
    let ranked: Vec<Ranked<'_>> =
        candidates.iter().map(|c| Ranked { values: c.values, val_top1: c.val }).collect();
    best_first(&ranked).first().map(|&index| chosen(&candidates[index]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use provpt_runs::{RunFolder, RunResult, Score};

    fn entry(lr: f64, wd: f64, seed: u64, top1: Option<f64>) -> Entry {
        let key = |name: &str, value: f64| (format!("solver.{name}"), value.into());
        let val = top1.map(|top1| Score { loss: 1.0, top1 });
        Entry {
            id: String::new(),
            stage: Stage::Grid,
            seed,
            values: [key("base_lr", lr), key("weight_decay", wd)].into(),
            state: State::Done,
            result: Some(RunResult { val, ..RunResult::default() }),
            run: RunFolder::at("run"),
            reason: None,
        }
    }

    fn picked(entries: &[Entry]) -> Option<(f64, f64)> {
        let chosen = best(entries)?;
        let number = |key: &str| chosen.values[key].as_f64();
        number("solver.base_lr").zip(number("solver.weight_decay"))
    }

    #[test]
    fn ties_go_to_the_smaller_rate_then_the_smaller_decay() {
        let tied = [(10.0, 0.1), (2.5, 0.1), (2.5, 0.01), (50.0, 0.0)]
            .map(|(lr, wd)| entry(lr, wd, 0, Some(0.5)));
        assert_eq!(picked(&tied), Some((2.5, 0.01)));
        let better = [tied.to_vec(), vec![entry(99.0, 1.0, 0, Some(0.6))]].concat();
        assert_eq!(picked(&better), Some((99.0, 1.0)));
    }

    #[test]
    fn seeds_of_the_same_values_are_averaged() {
        let entries = [
            entry(1.0, 0.0, 1, Some(0.9)),
            entry(1.0, 0.0, 2, Some(0.3)),
            entry(2.0, 0.0, 1, Some(0.7)),
        ];
        assert_eq!(picked(&entries), Some((2.0, 0.0)));
    }

    #[test]
    fn without_validation_there_must_be_no_choice() {
        let blind = entry(1.0, 0.0, 1, None);
        assert_eq!(picked(std::slice::from_ref(&blind)), Some((1.0, 0.0)));
        assert_eq!(picked(&[blind, entry(2.0, 0.0, 1, None)]), None);
        assert_eq!(picked(&[]), None);
        let diverged = [entry(1.0, 0.0, 1, Some(f64::NAN)), entry(9.0, 0.0, 1, Some(0.1))];
        assert_eq!(picked(&diverged), Some((9.0, 0.0)));
    }
}
