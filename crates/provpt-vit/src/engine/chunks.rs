//! Splitting a batch: into shards, and a shard into chunks.

use std::ops::Range;

use rayon::prelude::*;

use crate::error::Error;
use crate::kernels::Schedule;

/// Splits a batch into shards, as far as images go round.
pub(crate) fn split(schedule: Schedule, images: usize) -> Vec<Chunks> {
    let shards = schedule.shards.min(images).max(1);
    let ranges = (0..shards).map(|s| images * s / shards..images * (s + 1) / shards);
    ranges.map(|range| Chunks { range, size: schedule.chunk_images }).collect()
}

/// Runs `work` on every shard of a batch, each in memory of its own; results in image order.
pub(super) fn on_shards<M: Send, T: Send>(
    (schedule, images): (Schedule, usize),
    memory: &mut [M],
    work: impl Fn(Chunks, &mut M) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error> {
    let shards = split(schedule, images).into_par_iter().zip(memory);
    let results: Vec<_> = shards.map(|(chunks, memory)| work(chunks, memory)).collect();
    results.into_iter().collect()
}

/// Runs `work` on every chunk of a batch; results in image order.
pub(super) fn on_chunks<M: Send, T: Send>(
    batch: (Schedule, usize),
    memory: &mut [M],
    work: impl Fn(Range<usize>, &mut M) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error> {
    let shards = on_shards(batch, memory, |chunks, memory| {
        chunks.map(|chunk| work(chunk, memory)).collect::<Result<Vec<T>, Error>>()
    })?;
    Ok(shards.into_iter().flatten().collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_image_is_in_one_chunk() {
        for (shards, chunk_images, images) in [(1, 4, 9), (2, 4, 9), (3, 1, 2), (2, 5, 0)] {
            let schedule = Schedule { shards, chunk_images };
            let chunks: Vec<_> = split(schedule, images).into_iter().flatten().collect();
            assert!(chunks.iter().all(|chunk| (1..=chunk_images).contains(&chunk.len())));
            let all: Vec<usize> = chunks.into_iter().flatten().collect();
            assert_eq!(all, (0..images).collect::<Vec<_>>());
        }
        assert_eq!(split(Schedule { shards: 3, chunk_images: 1 }, 2).len(), 2);
    }
}
