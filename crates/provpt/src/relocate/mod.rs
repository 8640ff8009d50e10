//! Relocation: once per epoch, the most idle prompt moves to the block that an allocator picks.
//!
//! [`Relocation`](step::Relocation) is the step between epochs; scores, verification and the move
//! itself are parts of it. The allocators are in a room of their own, [`allocators`](crate::allocators).

pub(crate) mod idleness;
pub(crate) mod relocator;
pub(crate) mod score;
pub(crate) mod step;
pub(crate) mod verify;
