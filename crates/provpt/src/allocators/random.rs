//! The ablation that allocates blindly.

use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::{Allocate, Choice, PpoSettings, State};
use provpt_base::Stream;

/// Chooses uniformly among the blocks within reach.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Random {
    blocks: usize,
}

impl Allocate for Random {
    fn start(blocks: usize, _: &PpoSettings, _: &mut Stream) -> Self {
        Self { blocks }
    }

    fn choose(&mut self, state: &State, rng: &mut Stream) -> Choice {
        let targets = state.targets(self.blocks.max(1));
        let probability = Some(1.0 / targets.len() as f64);
        Choice { block: rng.random_range(targets), probability }
    }

    fn may_follow(&self, fresh: &Self) -> bool {
        self == fresh
    }
}
