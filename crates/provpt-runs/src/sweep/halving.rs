//! Successive halving over the grid of one task and method.
//!
//! The rule. All trials of the grid run for `first` epochs: the first rung. Of the n trials that
//! entered a rung, the best `ceil(n / eta)` by val top-1 at the rung's last epoch go on to the
//! next, which has `eta` times as many epochs; ties are settled as for the final choice. The last
//! rung is the full number of epochs. Trials that failed do not go on, and count among the n.
//! A rung is settled only when all that entered it have ended it: so what goes on never depends on
//! who was faster, and a sweep that was killed or ran elsewhere chooses the same. Learning rates
//! follow the schedule of the full run throughout.
//!
//! This is the synchronous form (Jamieson & Talwalkar 2016, <https://arxiv.org/abs/1502.07943>) of
//! what ASHA (Li et al. 2020, <https://arxiv.org/abs/1810.05934>) does without waiting.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::outcome::Epochs;
use super::rank::{Candidate, best_first};

/// Successive halving: after each rung's epochs the best `1 / eta` of a grid go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Halving {
    /// One in how many goes on; at least 2.
    pub eta: usize,
    /// Epochs of the first rung; each further one has `eta` times as many, up to all.
    pub first: usize,
}

impl Halving {
    /// The last epoch of each rung, counted from 1; the last rung's is `total`.
    pub fn rungs(&self, total: usize) -> Vec<usize> {
        let mut rungs = Vec::new();
        let mut epochs = self.first.max(1);
        while epochs < total {
            rungs.push(epochs);
            epochs = epochs.saturating_mul(self.eta.max(2));
        }
        rungs.push(total);
        rungs
    }

    /// Which of the candidates that entered a rung go on: indices, best first.
    pub fn promoted(&self, entered: &[Candidate<'_>]) -> Vec<usize> {
        let mut order = best_first(entered);
        order.truncate(entered.len().div_ceil(self.eta.max(2)));
        order
    }
}

/// A run of the full grid, as halving looks at it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Course {
    /// The values, by dotted key.
    pub values: BTreeMap<String, Value>,
    /// Val top-1 after each epoch. Ends early where the run did; empty for a run that failed.
    pub val_top1: Vec<f64>,
}

impl Course {
    /// Val top-1 after so many epochs; of a run that ended before, the last one it had.
    fn at(&self, epochs: usize) -> Option<f64> {
        self.val_top1[..epochs.min(self.val_top1.len())].last().copied()
    }
}

/// What halving would have come to on a grid that was run in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Simulated {
    /// The trial that halving picks: an index into the courses.
    pub chosen: Option<usize>,
    /// The trial that the full grid picks.
    pub best: Option<usize>,
    /// Epochs that halving trains, and that the full grid trained.
    pub epochs: Epochs,
}

/// Halves a grid of which every course is known, up to `total` epochs.
pub fn simulate(halving: Halving, total: usize, courses: &[Course]) -> Simulated {
    let all: Vec<usize> = (0..courses.len()).collect();
    let length = |index: usize, epochs: usize| courses[index].val_top1.len().min(epochs);
    let (mut alive, mut trained, mut before) = (all.clone(), 0, 0);
    for end in halving.rungs(total) {
        trained += alive.iter().map(|&i| length(i, end) - length(i, before)).sum::<usize>();
        if end < total {
            let on = halving.promoted(&candidates(courses, &alive, end));
            alive = on.into_iter().map(|index| alive[index]).collect();
            // Plan order again, by which the last ties are settled.
            alive.sort_unstable();
        }
        before = end;
    }
    let best =
        |of: &[usize]| best_first(&candidates(courses, of, total)).first().map(|&index| of[index]);
    let full = all.iter().map(|&index| length(index, total)).sum();
    Simulated { chosen: best(&alive), best: best(&all), epochs: Epochs { trained, full } }
}

fn candidates<'a>(courses: &'a [Course], of: &[usize], epochs: usize) -> Vec<Candidate<'a>> {
    let candidate =
        |course: &'a Course| Candidate { values: &course.values, val_top1: course.at(epochs) };
    of.iter().map(|&index| candidate(&courses[index])).collect()
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn course(lr: f64, val_top1: Vec<f64>) -> Course {
        Course { values: [("solver.base_lr".to_owned(), lr.into())].into(), val_top1 }
    }

    #[test]
    fn rungs_grow_by_eta_and_end_at_all_epochs() {
        let rungs = |eta, first, total| Halving { eta, first }.rungs(total);
        assert_eq!(rungs(3, 4, 100), [4, 12, 36, 100]);
        assert_eq!(rungs(2, 5, 10), [5, 10]);
        assert_eq!(rungs(2, 10, 10), [10]);
        assert_eq!(rungs(0, 0, 3), [1, 2, 3], "nonsense does not hang");
    }

    #[test]
    fn a_late_bloomer_is_lost_and_the_savings_are_counted() {
        let slow = course(1.0, vec![0.1, 0.1, 0.1, 0.9]);
        let fast = course(2.0, vec![0.5, 0.6, 0.6, 0.6]);
        let steady = course(3.0, vec![0.4, 0.5, 0.6, 0.7]);
        let poor = course(4.0, vec![0.0; 4]);
        let grid = [slow, fast, steady, poor];
        let simulated = simulate(Halving { eta: 2, first: 1 }, 4, &grid);
        // 4 trials x 1 epoch, 2 more x 1, the best one x 2.
        let epochs = Epochs { trained: 8, full: 16 };
        let expected = Simulated { chosen: Some(1), best: Some(0), epochs };
        assert_eq!(simulated, expected);
        assert_eq!(simulated.epochs.saved(), 0.5);
    }

    #[test]
    fn a_failed_trial_counts_but_does_not_go_on() {
        let grid = [course(1.0, vec![]), course(2.0, vec![]), course(3.0, vec![0.3, 0.3])];
        let simulated = simulate(Halving { eta: 2, first: 1 }, 2, &grid);
        let Epochs { trained, full } = simulated.epochs;
        assert_eq!((simulated.chosen, trained, full), (Some(2), 2, 2));
        let none = simulate(Halving { eta: 2, first: 1 }, 2, &[]);
        assert_eq!((none.chosen, none.best, none.epochs.saved()), (None, None, 0.0));
    }

    #[test]
    fn ties_at_a_rung_go_to_the_smaller_learning_rate() {
        let grid = [course(5.0, vec![0.5, 0.9]), course(1.0, vec![0.5, 0.6])];
        let simulated = simulate(Halving { eta: 2, first: 1 }, 2, &grid);
        assert_eq!((simulated.chosen, simulated.best), (Some(1), Some(0)));
    }

    proptest! {
        #[test]
        fn one_is_chosen_and_no_epoch_is_added(
            grid in vec(vec(0.0..1.0, 9), 1..40),
            eta in 2usize..5,
            first in 1usize..9,
        ) {
            let courses: Vec<_> = grid.into_iter().map(|v| course(1.0, v)).collect();
            let simulated = simulate(Halving { eta, first }, 9, &courses);
            prop_assert!(simulated.chosen.is_some());
            prop_assert!(simulated.epochs.trained <= simulated.epochs.full);
            prop_assert!(simulated.epochs.trained >= courses.len() * first);
        }
    }
}
