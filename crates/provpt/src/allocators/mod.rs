//! Where a pruned prompt goes: the allocators, what they see, and what teaches them.
//!
//! Once per epoch an allocator sees a [`State`] and makes a [`Choice`]; one epoch later it learns
//! the [`reward`] of that choice. Shang et al., PRO-VPT, ICCV 2025.
//!
//! A new allocator is a file beside this one with a type that is `Allocate`, and a line of the
//! table below: its name then stands in the configuration, in the methods and in checkpoints.

mod experience;
mod fixed;
mod mlp;
mod objective;
mod ppo;
mod random;
mod state;
mod thompson;

use serde::{Deserialize, Serialize};

pub use experience::Experience;
pub use fixed::Fixed;
pub use mlp::{Linear, Mlp};
pub use ppo::{Ppo, PpoSettings};
pub use random::Random;
pub use state::State;
pub use thompson::Thompson;

use crate::math::choice::choice;
use provpt_base::Stream;

/// A target block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// Counted from 0.
    pub block: usize,
    /// How likely the allocator was to choose it; none for Thompson sampling, where it has no
    /// closed form.
    pub probability: Option<f64>,
}

/// Chooses blocks and learns from rewards.
trait Allocate: Sized {
    /// Before its first choice among `blocks` blocks.
    fn start(blocks: usize, settings: &PpoSettings, rng: &mut Stream) -> Self;

    /// The block that the pruned prompt goes to. All randomness comes from `rng`.
    fn choose(&mut self, state: &State, rng: &mut Stream) -> Choice;

    /// Takes in the reward of the last choice.
    fn learn(&mut self, _reward: f64) {}

    /// Whether `fresh` may become this by choosing and learning: what was stored need not have been
    /// stored by us.
    fn may_follow(&self, fresh: &Self) -> bool;
}

/// Makes the list of allocators: what a configuration calls them, and the one that a run has. Behind
/// `exchanging` and `pruning` stand those that choose no block: there candidates say where prompts go, or
/// prompts only leave.
macro_rules! allocators {
    (
        choosing { $($(#[$doc:meta])* $kind:ident = $name:literal, $title:literal;)+ }
        exchanging {
            $($(#[$other_doc:meta])* $other:ident = $other_name:literal, $other_title:literal;)+
        }
        pruning { $(#[$prune_doc:meta])* $prune:ident = $prune_name:literal, $prune_title:literal; }
    ) => {
        choice! {
            /// Who picks the target block.
            AllocatorKind {
                $($(#[$doc])* $kind = $name,)+
                $($(#[$other_doc])* $other = $other_name,)+
                $(#[$prune_doc])* $prune = $prune_name,
            }
        }

        /// Each allocator with what PRO-VPT is called that relocates by it.
        pub(crate) const RELOCATING: &[(AllocatorKind, &str, &str, &str)] = &[$((
            AllocatorKind::$kind,
            $name,
            concat!("pro-vpt-", $name),
            concat!("PRO-VPT (", $title, ")"),
        )),+, $((
            AllocatorKind::$other,
            $other_name,
            concat!("pro-vpt-", $other_name),
            concat!("PRO-VPT (", $other_title, ")"),
        )),+, (
            AllocatorKind::$prune,
            $prune_name,
            concat!("pro-vpt-", $prune_name),
            concat!("PRO-VPT (", $prune_title, ")"),
        )];

        impl AllocatorKind {
            /// Whether prompts become candidates, which say where they go, and no block is chosen.
            pub(crate) fn exchanges(self) -> bool {
                matches!(self, $(Self::$other)|+)
            }

            /// Whether a block is chosen for a prompt that moves there, as published.
            pub(crate) fn chooses(self) -> bool {
                matches!(self, $(Self::$kind)|+)
            }

            /// Whether prompts leave, and none moves.
            pub(crate) fn prunes(self) -> bool {
                self == Self::$prune
            }
        }

        /// Chooses blocks and learns from rewards. Through JSON it comes back bit for bit.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum Allocator { $($(#[$doc])* $kind($kind),)+ }

        impl Allocator {
            /// An allocator before its first choice among `blocks` blocks; `settings` are those of
            /// PPO. None for those that choose no block.
            pub fn new(
                kind: AllocatorKind,
                blocks: usize,
                settings: &PpoSettings,
                rng: &mut Stream,
            ) -> Option<Self> {
                Some(match kind {
                    $(AllocatorKind::$kind => Self::$kind(Allocate::start(blocks, settings, rng)),)+
                    $(AllocatorKind::$other)|+ | AllocatorKind::$prune => return None,
                })
            }

            /// The block that the pruned prompt goes to. All randomness comes from `rng`.
            pub fn choose(&mut self, state: &State, rng: &mut Stream) -> Choice {
                match self { $(Self::$kind(allocator) => allocator.choose(state, rng),)+ }
            }

            /// Takes in the reward of the last choice. A reward without a choice, a second reward
            /// for the same choice, or one that is no number, teaches nothing; a choice whose
            /// reward never came is forgotten at the next one.
            pub fn learn(&mut self, reward: f64) {
                match self { $(Self::$kind(allocator) => allocator.learn(reward),)+ }
            }

            /// Whether `fresh` may become this by choosing and learning.
            pub(crate) fn may_follow(&self, fresh: &Self) -> bool {
                match (self, fresh) {
                    $((Self::$kind(stored), Self::$kind(fresh)) => stored.may_follow(fresh),)+
                    _ => false,
                }
            }
        }
    };
}

allocators! {
    choosing {
        /// Proximal policy optimization.
        Ppo = "ppo", "PPO";
        /// Thompson sampling.
        Thompson = "thompson", "Thompson";
        /// Every block is as likely as any other.
        Random = "random", "random targets";
        /// The blocks in turn.
        Fixed = "fixed", "targets in turn";
    }
    exchanging {
        /// Prompts of other blocks and tokens, by what they would do to the loss at once.
        Ghost = "ghost", "ghosts";
        /// Rows that the gradients of each block ask for.
        Demand = "demand", "demand";
        /// Rows that learn in each block before they are prompts.
        Nursery = "nursery", "nursery";
    }
    pruning {
        /// Twice the prompts at first, of which those leave that do least.
        Prune = "prune", "pruning";
    }
}

/// The reward of the last relocation: how much the training loss fell, less the idleness still
/// left, `L_{t-1} - L_t - max_k I_k(t)`.
pub fn reward(previous_loss: f64, loss: f64, max_idleness: f64) -> f64 {
    previous_loss - loss - max_idleness
}

#[cfg(test)]
mod tests;
