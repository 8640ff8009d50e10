use std::collections::BTreeSet;
use std::ops::AddAssign;

use provpt_runs::{EpochRecord, StepRecord};

use super::{Spike, around::moved};

/// How often some runs spiked, in epochs that began with a move or a removal and in the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct SpikeRate {
    /// Runs that recorded their steps.
    pub(crate) runs: usize,
    /// Steps in epochs with a move or a removal.
    pub(crate) steps_moved: usize,
    /// Spikes that began in them.
    pub(crate) spikes_moved: usize,
    /// Steps in epochs without.
    pub(crate) steps_still: usize,
    /// Spikes that began in them.
    pub(crate) spikes_still: usize,
    /// Spikes of the loss, whatever the gradient norm did.
    pub(crate) of_loss: usize,
    /// Spikes after which the loss did not come back.
    pub(crate) lost: usize,
}

impl SpikeRate {
    /// Of one run and its spikes.
    pub(crate) fn of(steps: &[StepRecord], spikes: &[Spike], epochs: &[EpochRecord]) -> Self {
        let changed = |record: &&EpochRecord| moved(record).is_some() || record.pruned > 0;
        let with_move: BTreeSet<usize> = epochs.iter().filter(changed).map(|r| r.epoch).collect();
        let steps_moved = steps.iter().filter(|step| with_move.contains(&step.epoch)).count();
        let in_moved = |spike: &&Spike| with_move.contains(&steps[spike.start].epoch);
        let spikes_moved = spikes.iter().filter(in_moved).count();
        Self {
            runs: usize::from(!steps.is_empty()),
            steps_moved,
            spikes_moved,
            steps_still: steps.len() - steps_moved,
            spikes_still: spikes.len() - spikes_moved,
            of_loss: spikes.iter().filter(|spike| spike.of_loss()).count(),
            lost: spikes.iter().filter(|spike| spike.recovery.is_none()).count(),
        }
    }

    /// All spikes.
    pub(crate) fn spikes(&self) -> usize {
        self.spikes_moved + self.spikes_still
    }

    /// All steps.
    pub(crate) fn steps(&self) -> usize {
        self.steps_moved + self.steps_still
    }

    /// Spikes per 1,000 steps; none without steps. Likewise in epochs with a move, and without.
    pub(crate) fn per_thousand(&self) -> [Option<f64>; 3] {
        let rate = |spikes, steps| (steps > 0).then(|| 1000.0 * spikes as f64 / steps as f64);
        [
            rate(self.spikes(), self.steps()),
            rate(self.spikes_moved, self.steps_moved),
            rate(self.spikes_still, self.steps_still),
        ]
    }
}

impl AddAssign for SpikeRate {
    fn add_assign(&mut self, other: Self) {
        self.runs += other.runs;
        self.steps_moved += other.steps_moved;
        self.spikes_moved += other.spikes_moved;
        self.steps_still += other.steps_still;
        self.spikes_still += other.spikes_still;
        self.of_loss += other.of_loss;
        self.lost += other.lost;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provpt_runs::Move;

    #[test]
    fn epochs_with_a_move_and_without_are_counted_apart() {
        let steps: Vec<StepRecord> = (0..30)
            .map(|i| StepRecord { epoch: i / 10, step: i % 10, ..Default::default() })
            .collect();
        let relocation = Some(Move { from: 1, to: 0, ..Move::default() });
        let epochs = [EpochRecord { epoch: 2, relocation, ..EpochRecord::default() }];
        let spike = |start, recovery| Spike {
            start,
            end: start,
            peak: start,
            loss_z: 9.0,
            grad_z: 0.0,
            recovery,
        };
        let quiet = Spike { loss_z: 5.0, grad_z: 9.0, ..spike(5, Some(1)) };
        let spikes = [quiet, spike(21, None), spike(27, Some(2))];
        let mut rate = SpikeRate::of(&steps, &spikes, &epochs);
        assert_eq!((rate.steps_moved, rate.spikes_moved, rate.of_loss, rate.lost), (10, 2, 2, 1));
        let removed = [EpochRecord { epoch: 2, pruned: 3, ..EpochRecord::default() }];
        assert_eq!(SpikeRate::of(&steps, &spikes, &removed), rate);
        assert_eq!(rate.per_thousand(), [Some(100.0), Some(200.0), Some(50.0)]);
        rate += rate;
        assert_eq!((rate.runs, rate.spikes(), rate.steps()), (2, 6, 60));
        assert_eq!(SpikeRate::default().per_thousand(), [None; 3]);
    }
}
