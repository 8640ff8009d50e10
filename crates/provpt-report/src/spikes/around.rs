use provpt_runs::{EpochRecord, Move, StepRecord};

use super::Spike;

/// What happened around a spike.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Around {
    /// The epoch of its first step, counted from 0.
    pub(crate) epoch: usize,
    /// Its first step within the epoch, counted from 0.
    pub(crate) step: usize,
    /// The move that was made before the epoch, if a prompt changed its block.
    pub(crate) moved: Option<Move>,
    /// Norm of all prompts at the step before the spike.
    pub(crate) norm_before: Option<f64>,
    /// The same at its peak.
    pub(crate) norm_at: Option<f64>,
    /// The block whose prompts have the largest gradient at the peak, counted from 0.
    pub(crate) largest_block: Option<usize>,
    /// That block's share of the squared norm of all prompts' gradients.
    pub(crate) share: Option<f64>,
    /// The largest angle by which one of the few steps before it turned a prompt, radians.
    pub(crate) turn: Option<f64>,
}

/// Steps whose turns may have led to a spike.
const LEADING: usize = 3;

/// Looks around a spike. `epochs` are the run's metrics, as far as they go.
pub(crate) fn around(spike: &Spike, steps: &[StepRecord], epochs: &[EpochRecord]) -> Around {
    let (first, peak) = (&steps[spike.start], &steps[spike.peak]);
    let record = epochs.iter().find(|record| record.epoch == first.epoch);
    let largest_block = largest(&peak.block_grad_norm);
    let total = norm(&peak.block_grad_norm);
    let share = |block: usize| Some((peak.block_grad_norm[block] / total?).powi(2));
    Around {
        epoch: first.epoch,
        step: first.step,
        moved: record.and_then(moved).cloned(),
        norm_before: spike.start.checked_sub(1).and_then(|at| norm(&steps[at].prompt_norm)),
        norm_at: norm(&peak.prompt_norm),
        largest_block,
        share: largest_block.and_then(share),
        turn: turn_before(steps, spike.start),
    }
}

/// The largest turn of the few steps before one.
pub(crate) fn turn_before(steps: &[StepRecord], at: usize) -> Option<f64> {
    let leading = &steps[at.saturating_sub(LEADING)..at];
    let turns = leading.iter().flat_map(|step| &step.block_turn).copied();
    turns.filter(|turn| turn.is_finite()).reduce(f64::max)
}

/// The first move of an epoch that changed something.
pub(super) fn moved(record: &EpochRecord) -> Option<&Move> {
    record.moves().find(|moved| moved.from != moved.to)
}

fn norm(parts: &[f64]) -> Option<f64> {
    let sum: f64 = parts.iter().map(|part| part * part).sum();
    (sum.is_finite() && sum > 0.0).then(|| sum.sqrt())
}

fn largest(parts: &[f64]) -> Option<usize> {
    let finite = (0..parts.len()).filter(|&block| parts[block].is_finite() && parts[block] > 0.0);
    finite.rev().max_by(|&a, &b| parts[a].total_cmp(&parts[b]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps() -> Vec<StepRecord> {
        let step = |step: usize| StepRecord {
            epoch: 3,
            step,
            block_grad_norm: vec![1.0, 3.0, if step == 2 { 9.0 } else { 0.0 }],
            prompt_norm: vec![3.0, 4.0 + step as f64],
            block_turn: vec![0.1, 0.2 * (step + 1) as f64, 0.0],
            ..StepRecord::default()
        };
        (0..4).map(step).collect()
    }

    const SPIKE: Spike =
        Spike { start: 1, end: 2, peak: 2, loss_z: 9.0, grad_z: 1.0, recovery: Some(2) };

    #[test]
    fn what_moved_and_which_block_was_largest() {
        let relocation = Some(Move { prompt: 5, from: 0, to: 2, ..Move::default() });
        let record = EpochRecord { epoch: 3, relocation, ..EpochRecord::default() };
        let found = around(&SPIKE, &steps(), &[EpochRecord::default(), record.clone()]);
        assert_eq!((found.epoch, found.step, found.largest_block), (3, 1, Some(2)));
        assert_eq!(found.moved.map(|m| m.prompt), Some(5));
        assert_eq!((found.norm_before, found.norm_at), (Some(5.0), Some(45_f64.sqrt())));
        assert!(found.share.is_some_and(|share| (share - 81.0 / 91.0).abs() < 1e-9));
        assert_eq!(found.turn, Some(0.2), "that of the step before");

        let stays = Move { from: 2, to: 2, ..Move::default() };
        let record = EpochRecord { relocation: Some(stays), ..record };
        assert_eq!(around(&SPIKE, &steps(), &[record]).moved, None);
    }

    #[test]
    fn a_method_without_prompts_has_no_blocks() {
        let bare = vec![StepRecord::default(); 4];
        let found = around(&Spike { start: 0, ..SPIKE }, &bare, &[]);
        assert_eq!((found.norm_before, found.norm_at, found.largest_block), (None, None, None));
        assert_eq!((found.share, found.moved, found.turn), (None, None, None));
    }
}
