//! The operations on a graphics card, by wgpu: Vulkan, Metal or Direct3D 12, with compute shaders of
//! our own in WGSL.
//!
//! An operation is recorded when it is called; what is recorded is handed over every now and then,
//! and waited for in [`Memory::download`](super::Memory::download) alone. Every sum is added up in an
//! order that the sizes give, so that a device gives the same bits each time.

mod adapters;
mod attention;
mod faults;
mod layers;
mod maps;
mod memory;
mod open;
mod pipelines;
mod product;
mod recorder;
mod rows;
mod shader;
mod staging;
mod sums;
mod unroll;
mod windows;

use std::sync::Arc;

use super::{Kernels, Schedule};
use crate::Architecture;
pub(crate) use adapters::{Found, found};
use open::Card;

/// Token rows that a chunk has at most: enough to keep any card busy.
const CHUNK_ROWS: usize = 65_536;

/// One graphics card, or another device that its drivers make look like one.
#[derive(Clone, Debug)]
pub(crate) struct Gpu(Arc<Card>);

impl Kernels for Gpu {
    fn schedule(&self, a: &Architecture) -> Schedule {
        // One buffer must hold the widest values of a chunk.
        let values =
            |block| a.block_tokens(block) * a.block_mlp_width(block).max(3 * a.block_width(block));
        let widest =
            (0..a.depth).map(values).max().unwrap_or(0).max(a.patches() * a.patch_values());
        let fits = self.0.most_bytes / size_of::<f32>() / widest.max(1);
        let rows = (CHUNK_ROWS / a.mean_tokens().max(1)).max(1);
        Schedule { shards: 1, chunk_images: rows.min(fits).max(1) }
    }

    fn try_less(&self) -> bool {
        self.drop_scratch();
        true
    }
}
