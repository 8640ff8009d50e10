//! Gradients of whole matrices: one sum of each for all shards of a batch.
//!
//! Such a sum is as large as its matrix, so no shard has sums of its own. Who adds first must not
//! depend on time, or it would show in the last bits: a sum is cut into parts, and each part has an
//! order of turns. Shards begin with different parts, so that none waits while all are equally fast.

mod held;
mod part;
mod seat;
mod turns;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Architecture;
use crate::error::Error;
use crate::kernels::Kernels;
use crate::learn::{Demand, Site};
pub(super) use held::Held;
use part::MatrixSum;
pub(super) use seat::Seat;
use turns::Turns;

/// The sums of a batch. The memory is used again and again.
pub(crate) struct MatrixSums<K: Kernels> {
    sums: BTreeMap<Site, MatrixSum<K>>,
    turns: Turns,
    /// Whether a shard ended before its time: nobody waits for it then.
    stopped: AtomicBool,
}

impl<K: Kernels> MatrixSums<K> {
    pub(crate) fn empty() -> Self {
        let stopped = AtomicBool::new(false);
        Self { sums: BTreeMap::new(), turns: Turns::default(), stopped }
    }

    /// Whether no matrix learns.
    pub(crate) fn is_empty(&self) -> bool {
        self.sums.is_empty()
    }

    /// Begins at zero with what is asked for, and nothing else, for shards of so many chunks, of
    /// which there are `shards` at most. Each chunk adds to a sum once, or as the last argument
    /// says, twice.
    ///
    /// # Errors
    /// There is no room for them.
    pub(crate) fn begin(
        &mut self,
        k: &K,
        (a, demand): (&Architecture, &Demand),
        (shards, chunks): (usize, Vec<usize>),
        is_twice: impl Fn(Site) -> bool,
    ) -> Result<(), Error> {
        let wanted: BTreeMap<Site, [usize; 2]> = demand.matrices(a).collect();
        self.sums.retain(|site, _| wanted.contains_key(site));
        for (site, sizes) in wanted {
            let sum = match self.sums.entry(site) {
                Entry::Occupied(sum) => sum.into_mut(),
                Entry::Vacant(place) => place.insert(MatrixSum::new(k, sizes, shards)?),
            };
            sum.begin(1 + usize::from(is_twice(site)));
        }
        self.turns = Turns { chunks };
        *self.stopped.get_mut() = false;
        Ok(())
    }

    /// Does a shard's work. If that fails, no other shard waits for this one.
    ///
    /// # Errors
    /// Those of the work.
    pub(crate) fn guard<T>(&self, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let guard = Guard(self);
        let result = work();
        if result.is_ok() {
            std::mem::forget(guard);
        }
        result
    }

    /// Ends all waiting. What is summed up is then of no use.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.sums.values().flat_map(|sum| &sum.parts).for_each(part::Part::wake);
    }

    /// Adds a gradient, given inputs and gradients of outputs: when a shard's turn comes, which is
    /// its `visit`th to this sum, or at once.
    fn add(
        &self,
        k: &K,
        site: Site,
        turn: Option<(usize, usize)>,
        operands: (&K::Buffer, &K::Buffer),
        rows: usize,
    ) {
        let Some(sum) = self.sums.get(&site) else { return };
        let parts = sum.parts.len();
        let first = turn.map_or(0, |(shard, _)| shard % parts);
        for index in (first..parts).chain(0..first) {
            let before = turn.map(|turn| self.turns.before((sum.visits, parts), index, turn));
            sum.parts[index].add(k, sum.sizes, (before, &self.stopped), operands, rows);
        }
    }

    /// The sums, to which nobody adds any more.
    pub(crate) fn hold(&self) -> Held<'_, K> {
        Held::new(self.sums.iter().flat_map(|(site, sum)| {
            let [inputs, _] = sum.sizes;
            sum.parts.iter().map(move |part| (*site, inputs * part.outputs.len(), part.lock()))
        }))
    }
}

/// Ends all waiting when it is dropped.
struct Guard<'a, K: Kernels>(&'a MatrixSums<K>);

impl<K: Kernels> Drop for Guard<'_, K> {
    fn drop(&mut self) {
        self.0.stop();
    }
}
