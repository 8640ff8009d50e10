//! The operations as formulas are written: straight loops over indices in f64, no threads, a batch
//! in chunks of any size. A second device, on which networks and engine are tested as they are.
#![allow(clippy::needless_range_loop)] // The indices are to be seen.

mod attention;
mod layers;
mod maps;
mod memory;
mod rows;
mod windows;

pub(crate) use memory::Cells;

use super::{Kernels, Schedule};
use crate::Architecture;

/// Plain loops. Unlike the CPU it takes a batch as it comes: one shard, in chunks of a few images.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plain {
    pub(crate) chunk_images: usize,
}

impl Kernels for Plain {
    fn schedule(&self, _: &Architecture) -> Schedule {
        Schedule { shards: 1, chunk_images: self.chunk_images }
    }
}
