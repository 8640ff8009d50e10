//! Shards that add to the same sums, all at the same time.

use std::ops::Range;
use std::sync::Arc;
use std::thread::{self, Builder, ScopedJoinHandle};

use super::chunks::{Chunks, on_shards, split};
use super::memory::ShardMemory;
use super::network::Network;
use crate::error::Error;
use crate::kernels::{Kernels, Schedule};
use crate::learn::{Demand, Site};
use crate::net::vit::MatrixSums;

/// What the backward passes of a batch are to find out of whole matrices.
pub(super) struct Wanted<'a, F> {
    pub(super) demand: &'a Demand,
    /// How many images there are, and how they are split.
    pub(super) batch: (Schedule, usize),
    /// Whether each chunk adds to the sum of a matrix once more.
    pub(super) is_twice: F,
}

impl<K: Kernels> Network<K> {
    /// Begins the sums of a batch, to which its shards are to add.
    pub(super) fn begin_matrices(
        &self,
        matrices: &mut Arc<MatrixSums<K>>,
        shards: &mut [ShardMemory<K>],
        wanted: &Wanted<'_, impl Fn(Site) -> bool>,
    ) -> Result<(), Error> {
        // A call that failed may have left them at their seats.
        shards.iter_mut().for_each(|shard| shard.sums.leave());
        if Arc::get_mut(matrices).is_none() {
            *matrices = Arc::new(MatrixSums::empty());
        }
        let (schedule, images) = wanted.batch;
        let chunks = split(schedule, images).into_iter().map(Iterator::count).collect();
        if let Some(own) = Arc::get_mut(matrices) {
            let what = (&self.vit.architecture, wanted.demand);
            own.begin(&self.vit.kernels, what, (schedule.shards, chunks), &wanted.is_twice)?;
        }
        for (index, shard) in shards.iter_mut().enumerate() {
            shard.sums.join(matrices, index);
        }
        Ok(())
    }

    /// As [`on_shards`]; where whole matrices learn, each shard has a thread of its own, since
    /// one may have to wait for another.
    pub(super) fn learning_shards<T: Send>(
        &self,
        batch: (Schedule, usize),
        memory: &mut [ShardMemory<K>],
        matrices: &MatrixSums<K>,
        work: impl Fn(Chunks, &mut ShardMemory<K>) -> Result<T, Error> + Sync,
    ) -> Result<Vec<T>, Error> {
        if matrices.is_empty() {
            return on_shards(batch, memory, work);
        }
        let work = |(chunks, memory): Shard<'_, K>| matrices.guard(|| work(chunks, memory));
        let work = &work;
        let mut shards = split(batch.0, batch.1).into_iter().zip(&mut *memory);
        let Some(first) = shards.next() else { return Ok(Vec::new()) };
        let result: Result<Vec<T>, Error> = thread::scope(|scope| {
            let spawned =
                shards.map(|shard| Builder::new().spawn_scoped(scope, move || work(shard)));
            let others: Result<Vec<_>, _> = spawned.collect();
            if others.is_err() {
                matrices.stop();
            }
            let first = work(first);
            let others = others.map_err(|error| Error::Threads { cause: error.to_string() })?;
            let others = others.into_iter().map(joined);
            std::iter::once(first).chain(others).collect()
        });
        memory.iter_mut().for_each(|shard| shard.sums.end_turns());
        result
    }

    /// The same for every chunk; results in image order.
    pub(super) fn learning_chunks<T: Send>(
        &self,
        batch: (Schedule, usize),
        memory: &mut [ShardMemory<K>],
        matrices: &MatrixSums<K>,
        work: impl Fn(Range<usize>, &mut ShardMemory<K>) -> Result<T, Error> + Sync,
    ) -> Result<Vec<T>, Error> {
        let shards = self.learning_shards(batch, memory, matrices, |chunks, memory| {
            chunks.map(|chunk| work(chunk, memory)).collect::<Result<Vec<T>, Error>>()
        })?;
        Ok(shards.into_iter().flatten().collect())
    }
}

type Shard<'a, K> = (Chunks, &'a mut ShardMemory<K>);

/// What a thread found out. It panics if the thread did.
fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
