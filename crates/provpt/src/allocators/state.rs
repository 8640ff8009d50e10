//! What an allocator sees before it chooses.

use std::ops::Range;

const EPS: f64 = 1e-8;

/// `[3L]`: how idle each block is, how the remaining prompts are distributed, and where the
/// pruned one came from.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    values: Vec<f32>,
    /// The blocks that may be chosen, if not all may.
    reach: Option<Range<usize>>,
}

impl State {
    /// `idleness` `[L]` sums the idleness of each block's prompts and is z-scored here (population
    /// standard deviation + 1e-8); `distribution` `[L]` counts prompts per block without the pruned
    /// one and is divided by its sum here; `source` is the block that prompt leaves, from 0.
    pub fn new(idleness: &[f64], distribution: &[usize], source: usize) -> Self {
        let blocks = idleness.len() as f64;
        let mean = idleness.iter().sum::<f64>() / blocks;
        let variance = idleness.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / blocks;
        let scale = variance.sqrt() + EPS;
        let scores = idleness.iter().map(|x| (x - mean) / scale);
        let prompts = distribution.iter().sum::<usize>().max(1) as f64;
        let shares = distribution.iter().map(|&n| n as f64 / prompts);
        let origin = (0..idleness.len()).map(|block| f64::from(u8::from(block == source)));
        let values: Vec<f32> = scores.chain(shares).chain(origin).map(|x| x as f32).collect();
        values.into()
    }

    /// The same, if only these blocks may be chosen.
    pub fn within(self, reach: Range<usize>) -> Self {
        Self { reach: Some(reach), ..self }
    }

    /// `[3L]`.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The blocks that may be chosen, if not all may.
    pub fn reach(&self) -> Option<Range<usize>> {
        self.reach.clone()
    }

    /// The blocks that may be chosen, of so many.
    pub(super) fn targets(&self, blocks: usize) -> Range<usize> {
        self.reach.clone().unwrap_or(0..blocks)
    }
}

impl From<Vec<f32>> for State {
    /// A state that was stored as its `[3L]` values.
    fn from(values: Vec<f32>) -> Self {
        Self { values, reach: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(state: &State, expected: &[f32]) {
        assert_eq!(state.values().len(), expected.len());
        for (value, expected) in state.values().iter().zip(expected) {
            assert!((value - expected).abs() < 1e-6, "{state:?}");
        }
    }

    #[test]
    fn joins_z_scores_shares_and_the_source() {
        let state = State::new(&[1.0, 3.0, 1.0, 3.0], &[1, 0, 2, 1], 2);
        assert_close(&state, &[-1.0, 1.0, -1.0, 1.0, 0.25, 0.0, 0.5, 0.25, 0.0, 0.0, 1.0, 0.0]);
    }

    #[test]
    fn equal_idleness_and_no_prompts_left_give_zeros() {
        let state = State::new(&[0.2; 3], &[0; 3], 0);
        assert_close(&state, &[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
    }
}
