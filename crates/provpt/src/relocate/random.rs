//! The ablation that allocates blindly.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::Choice;

/// Chooses uniformly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Random {
    blocks: usize,
}

impl Random {
    pub(super) fn new(blocks: usize) -> Self {
        Self { blocks }
    }

    pub(super) fn choose(&self, rng: &mut ChaCha8Rng) -> Choice {
        let blocks = self.blocks.max(1);
        let probability = Some(1.0 / blocks as f64);
        Choice { block: rng.random_range(0..blocks), probability }
    }
}
