//! What a device computes: its memory, the layers of a frozen transformer with their derivatives,
//! and moves of rows.
//!
//! The networks in [`crate::net`] are written once over [`Kernels`] for *a chunk of images*. An
//! operation may only be recorded when it is called, and done later; operations take effect in the
//! order of the calls, and [`Memory::download`] alone waits for them. None of them allocates.
//! `width` is the length of a row.

mod attention;
pub(crate) mod cpu;
#[cfg(feature = "gpu")]
pub(crate) mod gpu;
mod layers;
mod maps;
mod memory;
mod mlp;
#[cfg(test)]
pub(crate) mod plain;
mod rows;
#[cfg(test)]
pub(crate) mod tests;
mod windows;

pub(crate) use attention::{AttentionGrad, AttentionInput, AttentionShape};
pub use cpu::instruction_set;
pub(crate) use layers::{FrozenMatrix, Layers, Linear, LinearOn, Norm, NormOn, Role};
pub(crate) use maps::{MapShape, Maps, Window};
pub(crate) use memory::{Download, Memory};
pub(crate) use mlp::{Mlp, Residual};
pub(crate) use rows::{InsertShape, MergeShape, PatchShape, Rows, TokenShape};
pub(crate) use windows::{APART, WindowGrad, WindowGrid, WindowInput};

use crate::Architecture;

/// Everything that a device does for a network. A clone is the same device.
pub(crate) trait Kernels: Layers + Rows + Clone {
    /// How this device wants batches to be split.
    fn schedule(&self, architecture: &Architecture) -> Schedule;
    /// Memory ran out. Gives back what is not needed now, and says whether fewer images at a time
    /// might do: on a device whose memory nobody knows beforehand.
    fn try_less(&self) -> bool {
        false
    }
}

/// How a batch is split: into shards, which are worked on at the same time, each by one thread of
/// the host in memory of its own; and a shard into chunks, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// Shards of a batch, as far as images go round.
    pub(crate) shards: usize,
    /// Images that a chunk has at most.
    pub(crate) chunk_images: usize,
}
