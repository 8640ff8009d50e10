//! Where a pruned prompt goes: the allocators, what they see, and what teaches them.
//!
//! Once per epoch an allocator sees a [`State`] and makes a [`Choice`]; one epoch later it learns
//! the [`reward`] of that choice. Shang et al., PRO-VPT, ICCV 2025.

mod experience;
mod fixed;
mod mlp;
mod objective;
mod ppo;
mod random;
mod state;
mod thompson;

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

pub use experience::Experience;
pub use fixed::Fixed;
pub use mlp::{Linear, Mlp};
pub use ppo::{Ppo, PpoSettings};
pub use random::Random;
pub use state::State;
pub use thompson::Thompson;

/// A target block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// Counted from 0.
    pub block: usize,
    /// How likely the allocator was to choose it; none for Thompson sampling, where it has no
    /// closed form.
    pub probability: Option<f64>,
}

/// Chooses blocks and learns from rewards. Through JSON it comes back bit for bit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Allocator {
    /// Proximal policy optimization.
    Ppo(Ppo),
    /// Thompson sampling.
    Thompson(Thompson),
    /// Every block is as likely as any other.
    Random(Random),
    /// The blocks in turn.
    Fixed(Fixed),
}

impl Allocator {
    /// PPO with fresh networks for `blocks` blocks.
    pub fn ppo(blocks: usize, settings: PpoSettings, rng: &mut ChaCha8Rng) -> Self {
        Self::Ppo(Ppo::init(blocks, settings, rng))
    }

    /// Thompson sampling over `blocks` blocks.
    pub fn thompson(blocks: usize) -> Self {
        Self::Thompson(Thompson::new(blocks))
    }

    /// Uniform choices among `blocks` blocks.
    pub fn random(blocks: usize) -> Self {
        Self::Random(Random::new(blocks))
    }

    /// The first of `blocks` blocks, then the second, and so on, then the first again.
    pub fn fixed(blocks: usize) -> Self {
        Self::Fixed(Fixed::new(blocks))
    }

    /// Whether `fresh` may become this by choosing and learning: what was stored need not have been
    /// stored by us.
    pub(crate) fn may_follow(&self, fresh: &Self) -> bool {
        match (self, fresh) {
            (Self::Ppo(ppo), Self::Ppo(fresh)) => ppo.may_follow(fresh),
            (Self::Thompson(thompson), Self::Thompson(fresh)) => thompson.may_follow(fresh),
            (Self::Random(random), Self::Random(fresh)) => random == fresh,
            (Self::Fixed(fixed), Self::Fixed(fresh)) => fixed.may_follow(fresh),
            _ => false,
        }
    }

    /// The block that the pruned prompt goes to. All randomness comes from `rng`.
    pub fn choose(&mut self, state: &State, rng: &mut ChaCha8Rng) -> Choice {
        match self {
            Self::Ppo(ppo) => ppo.choose(state, rng),
            Self::Thompson(thompson) => thompson.choose(rng),
            Self::Random(random) => random.choose(rng),
            Self::Fixed(fixed) => fixed.choose(),
        }
    }

    /// Takes in the reward of the last choice. A reward without a choice, a second reward for the
    /// same choice, or one that is no number, teaches nothing; a choice whose reward never came is
    /// forgotten at the next one.
    pub fn learn(&mut self, reward: f64) {
        match self {
            Self::Ppo(ppo) => ppo.learn(reward),
            Self::Thompson(thompson) => thompson.learn(reward),
            Self::Random(_) | Self::Fixed(_) => {}
        }
    }
}

/// The reward of the last relocation: how much the training loss fell, less the idleness still
/// left, `L_{t-1} - L_t - max_k I_k(t)`.
pub fn reward(previous_loss: f64, loss: f64, max_idleness: f64) -> f64 {
    previous_loss - loss - max_idleness
}

#[cfg(test)]
mod tests;
