//! Relocation: between epochs prompts move to blocks where they do more.
//!
//! [`Relocation`](step::Relocation) is PRO-VPT's step between epochs: the most idle prompt moves to the
//! block that an allocator picks; scores, verification and the move itself are parts of it. The
//! allocators are in a room of their own, [`allocators`](crate::allocators).
//! [`ExchangeStep`](exchange::ExchangeStep) makes prompts what candidates are that do more, and under
//! [`Pruning`](prune::Pruning) there are too many at first, of which those leave that do least.

pub(crate) mod apportion;
pub(crate) mod candidate;
pub(crate) mod exchange;
pub(crate) mod idleness;
pub(crate) mod insertion;
pub(crate) mod prune;
pub(crate) mod relocator;
pub(crate) mod running;
pub(crate) mod score;
pub(crate) mod step;
pub(crate) mod truth;
pub(crate) mod verify;

/// Under this name a checkpoint keeps what says where prompts go.
const RELOCATOR: &str = "relocator";
