//! Thompson sampling: the allocator for those who find two networks too many for L arms.

use rand_distr::{Beta, Distribution};
use serde::{Deserialize, Serialize};

use super::{Allocate, Choice, PpoSettings, State};
use crate::math::vector::argmax;
use provpt_base::Stream;

/// One Bernoulli arm per block with a Beta(1, 1) prior: draw a success rate for each from its
/// posterior, and choose the largest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Thompson {
    /// `[L]`.
    arms: Vec<Arm>,
    /// The block whose reward is still to come.
    pending: Option<usize>,
}

/// How often a block was chosen to good and to no effect.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Arm {
    successes: u64,
    failures: u64,
}

impl Allocate for Thompson {
    fn start(blocks: usize, _: &PpoSettings, _: &mut Stream) -> Self {
        Self { arms: vec![Arm::default(); blocks], pending: None }
    }

    fn choose(&mut self, state: &State, rng: &mut Stream) -> Choice {
        let rates: Vec<f64> = self.arms.iter().map(|arm| arm.draw(rng)).collect();
        let reach = state.targets(rates.len());
        let block = reach.start + argmax(&rates[reach]);
        self.pending = Some(block);
        Choice { block, probability: None }
    }

    /// Success is `L_t + max_k I_k <= L_{t-1}`: a reward that is not negative.
    fn learn(&mut self, reward: f64) {
        let arm = self.pending.take().and_then(|block| self.arms.get_mut(block));
        match arm {
            Some(arm) if reward >= 0.0 => arm.successes += 1,
            Some(arm) if reward < 0.0 => arm.failures += 1,
            _ => {}
        }
    }

    fn may_follow(&self, fresh: &Self) -> bool {
        self.arms.len() == fresh.arms.len()
            && self.pending.is_none_or(|block| block < self.arms.len())
            && self.arms.iter().all(|arm| arm.successes.max(arm.failures) < u64::MAX)
    }
}

impl Arm {
    fn draw(&self, rng: &mut Stream) -> f64 {
        let (alpha, beta) = (self.successes as f64 + 1.0, self.failures as f64 + 1.0);
        // Beta refuses only parameters that are not positive.
        Beta::new(alpha, beta).map_or(0.0, |posterior| posterior.sample(rng))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provpt_base::{Purpose, stream};

    fn new(blocks: usize) -> Thompson {
        Thompson::start(blocks, &PpoSettings::default(), &mut Stream::new(0))
    }

    #[test]
    fn counts_successes_and_failures_of_the_last_choice() {
        let mut thompson = new(3);
        let mut rng = stream(0, Purpose::Policy, [0, 0]);
        for reward in [0.0, -1e-9, f64::NAN] {
            let block = thompson.choose(&State::from(vec![]), &mut rng).block;
            let mut expected = thompson.arms.clone();
            expected[block].successes += u64::from(reward == 0.0);
            expected[block].failures += u64::from(reward < 0.0);
            thompson.learn(reward);
            thompson.learn(reward);
            assert_eq!(thompson.arms, expected, "{reward}");
        }
    }

    #[test]
    fn comes_to_prefer_the_block_that_succeeds() {
        let mut thompson = new(4);
        let mut late = 0;
        for epoch in 0..200 {
            let block = thompson
                .choose(&State::from(vec![]), &mut stream(0, Purpose::Policy, [epoch, 0]))
                .block;
            thompson.learn(if block == 2 { 0.1 } else { -0.1 });
            late += usize::from(epoch >= 100 && block == 2);
        }
        assert!(late > 90, "{late}");
    }
}
