//! Splitting a batch: one shard per thread, chunks within a shard.

use std::ops::Range;
use std::sync::{MutexGuard, PoisonError};

use rayon::prelude::*;

use super::Engine;
use crate::Architecture;
use crate::kernels::cpu::Cpu;
use crate::net::vit::Workspace;

/// Token rows that a chunk aims at: enough for matrix products to be efficient, few enough for
/// its values to stay near the core.
const CHUNK_ROWS: usize = 1024;

impl Engine {
    /// Runs `work` on every chunk, one shard of the batch per thread; results in image order.
    pub(super) fn shards<T: Send>(
        &self,
        images: usize,
        work: impl Fn(Range<usize>, &mut Option<Workspace<Cpu>>) -> T + Sync,
    ) -> Vec<Vec<T>> {
        self.map_shards(images, |chunks, workspace| {
            chunks.map(|chunk| work(chunk, &mut *workspace)).collect()
        })
    }

    pub(super) fn map_shards<T: Send>(
        &self,
        images: usize,
        work: impl Fn(Chunks, &mut Option<Workspace<Cpu>>) -> T + Sync,
    ) -> Vec<T> {
        let chunks = split(&self.vit.architecture, images, self.workspaces.len());
        self.pool.install(|| {
            let shards = chunks.into_par_iter().enumerate();
            shards.map(|(shard, chunks)| work(chunks, &mut self.workspace(shard))).collect()
        })
    }

    pub(super) fn workspace(&self, shard: usize) -> MutexGuard<'_, Option<Workspace<Cpu>>> {
        self.workspaces[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Splits a batch into one shard per thread, as far as images go round.
pub(crate) fn split(a: &Architecture, images: usize, threads: usize) -> Vec<Chunks> {
    let shards = threads.min(images).max(1);
    let size = (CHUNK_ROWS / a.tokens()).max(1);
    let ranges = (0..shards).map(|s| images * s / shards..images * (s + 1) / shards);
    ranges.map(|range| Chunks { range, size }).collect()
}

/// A shard's images in chunks of about equal size.
#[derive(Clone, Debug)]
pub(crate) struct Chunks {
    range: Range<usize>,
    size: usize,
}

impl Iterator for Chunks {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let left = self.range.len();
        if left == 0 {
            return None;
        }
        let size = left.div_ceil(left.div_ceil(self.size));
        let start = self.range.start;
        self.range.start += size;
        Some(start..start + size)
    }
}
