//! One shard's way to the sums.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::MatrixSums;
use crate::kernels::Kernels;
use crate::learn::Site;

/// A shard among those that add to the same sums.
pub(in crate::net::vit) struct Seat<K: Kernels> {
    sums: Arc<MatrixSums<K>>,
    /// Which one it is, as long as there are turns.
    shard: Option<usize>,
    /// How often it has added to each sum.
    visits: BTreeMap<Site, usize>,
}

impl<K: Kernels> Seat<K> {
    pub(in crate::net::vit) fn new(sums: Arc<MatrixSums<K>>, shard: usize) -> Self {
        Self { sums, shard: Some(shard), visits: BTreeMap::new() }
    }

    /// All shards are done: from now on it adds at once.
    pub(in crate::net::vit) fn end_turns(&mut self) {
        self.shard = None;
    }

    pub(in crate::net::vit) fn has(&self, site: Site) -> bool {
        self.sums.sums.contains_key(&site)
    }

    /// Adds a gradient, given inputs and gradients of outputs.
    pub(in crate::net::vit) fn add(
        &mut self,
        k: &K,
        site: Site,
        operands: (&K::Buffer, &K::Buffer),
        rows: usize,
    ) {
        let visits = self.visits.entry(site).or_default();
        let turn = self.shard.map(|shard| (shard, *visits));
        *visits += 1;
        self.sums.add(k, site, turn, operands, rows);
    }
}
