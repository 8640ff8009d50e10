//! Gradients of arrays, added up over the chunks of a shard.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::Architecture;
use crate::error::Error;
use crate::kernels::{Kernels, LinearOn};
use crate::learn::{Array, Demand, Part, Site};
use crate::net::growing::GrowingBuffer;

/// One sum per place that learns. The memory is used again and again.
pub(crate) struct WeightSums<K: Kernels>(BTreeMap<Site, GrowingBuffer<K>>);

impl<K: Kernels> WeightSums<K> {
    pub(super) fn empty() -> Self {
        Self(BTreeMap::new())
    }

    /// Begins at zero with what is asked for, and nothing else.
    pub(super) fn begin(&mut self, k: &K, a: &Architecture, demand: &Demand) -> Result<(), Error> {
        let wanted: Vec<Site> = demand.sums().collect();
        self.0.retain(|site, _| wanted.contains(site));
        for site in wanted {
            let sum = match self.0.entry(site) {
                Entry::Occupied(sum) => sum.into_mut(),
                Entry::Vacant(place) => place.insert(GrowingBuffer::empty(k)?),
            };
            sum.fit_zeros(k, site.sum_len(a))?;
        }
        Ok(())
    }

    /// The sum of a place, if it learns.
    pub(super) fn of(&mut self, site: Site) -> Option<&mut K::Buffer> {
        self.0.get_mut(&site).map(GrowingBuffer::get_mut)
    }

    /// Those of a block.
    pub(super) fn block(&mut self, block: usize) -> BlockSums<'_, K> {
        BlockSums { sums: self, block }
    }

    /// Adds those of another shard.
    pub(super) fn add(&mut self, k: &K, a: &Architecture, other: &Self) {
        for ((site, sum), part) in self.0.iter_mut().zip(other.0.values()) {
            k.add(sum.get_mut(), part.get(), site.sum_len(a));
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Site, &K::Buffer)> {
        self.0.iter().map(|(site, sum)| (*site, sum.get()))
    }
}

/// The sums of one block.
pub(super) struct BlockSums<'a, K: Kernels> {
    sums: &'a mut WeightSums<K>,
    block: usize,
}

impl<K: Kernels> BlockSums<'_, K> {
    pub(super) fn of(&mut self, part: Part, array: Array) -> Option<&mut K::Buffer> {
        self.sums.of(Site::Block(self.block, part, array))
    }

    pub(super) fn weight(&mut self, part: Part) -> Option<&mut K::Buffer> {
        self.of(part, Array::Weight)
    }

    /// Whether a weight learns.
    pub(super) fn asks_weight(&self, part: Part) -> bool {
        self.sums.0.contains_key(&Site::Block(self.block, part, Array::Weight))
    }

    /// Whether a matrix or its bias learns.
    pub(super) fn asks(&self, part: Part) -> bool {
        let bias = Site::Block(self.block, part, Array::Bias);
        self.asks_weight(part) || self.sums.0.contains_key(&bias)
    }

    /// Adds the gradient of a bias, if it learns, given that of what it is added to.
    pub(super) fn bias(&mut self, k: &K, part: Part, dy: &K::Buffer, rows: usize, width: usize) {
        if let Some(sum) = self.of(part, Array::Bias) {
            k.column_sums(sum, dy, rows, width);
        }
    }

    /// Adds the gradient of a matrix, if it learns, given its inputs and the gradient of its
    /// outputs.
    pub(super) fn matrix(
        &mut self,
        k: &K,
        part: Part,
        w: &LinearOn<K>,
        (x, dy): (&K::Buffer, &K::Buffer),
        rows: usize,
    ) {
        if let Some(sum) = self.weight(part) {
            k.linear_weight_grad(sum, x, dy, rows, w.inputs, w.outputs);
        }
    }

    /// Adds the gradients of a norm, as far as they are asked for, given those of its outputs.
    pub(super) fn norm(
        &mut self,
        k: &K,
        part: Part,
        dy: &K::Buffer,
        (x, stats): (&K::Buffer, &K::Buffer),
        (rows, width): (usize, usize),
    ) {
        self.bias(k, part, dy, rows, width);
        if let Some(sum) = self.weight(part) {
            k.norm_weight_grad(sum, dy, x, stats, rows, width);
        }
    }
}
