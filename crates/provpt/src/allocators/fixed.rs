//! The ablation that allocates by rote.

use serde::{Deserialize, Serialize};

use super::{Allocate, Choice, PpoSettings, State};
use provpt_base::Stream;

/// Takes the blocks in turn: 0, 1, ..., L - 1, 0, ... Whether a prompt happens to leave the block
/// whose turn it is makes no difference. Blocks out of reach are passed over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fixed {
    blocks: usize,
    next: usize,
}

impl Allocate for Fixed {
    fn start(blocks: usize, _: &PpoSettings, _: &mut Stream) -> Self {
        Self { blocks, next: 0 }
    }

    fn choose(&mut self, state: &State, _: &mut Stream) -> Choice {
        let reach = state.targets(self.blocks.max(1));
        let block = if reach.contains(&self.next) { self.next } else { reach.start };
        self.next = (block + 1) % self.blocks.max(1);
        Choice { block, probability: Some(1.0) }
    }

    fn may_follow(&self, fresh: &Self) -> bool {
        self.blocks == fresh.blocks && self.next < self.blocks.max(1)
    }
}
