//! Gradients of arrays, added up over the chunks of a shard; those of whole matrices over all shards.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use super::matrix_sums::{MatrixSums, Seat};
use super::scale_shift::ScaleShift;
use crate::Architecture;
use crate::error::Error;
use crate::kernels::{Kernels, LinearOn};
use crate::learn::{Array, Demand, Part, Site};
use crate::net::growing::GrowingBuffer;

/// One sum per place that learns. The memory is used again and again.
pub(crate) struct WeightSums<K: Kernels> {
    own: BTreeMap<Site, GrowingBuffer<K>>,
    matrices: Option<Seat<K>>,
}

impl<K: Kernels> WeightSums<K> {
    pub(super) fn empty() -> Self {
        Self { own: BTreeMap::new(), matrices: None }
    }

    /// From now on matrices are added to these sums, as one shard of a batch.
    pub(super) fn join(&mut self, matrices: Arc<MatrixSums<K>>, shard: usize) {
        self.matrices = Some(Seat::new(matrices, shard));
    }

    /// All shards have done their chunks.
    pub(super) fn end_turns(&mut self) {
        self.matrices.iter_mut().for_each(Seat::end_turns);
    }

    /// The batch is over.
    pub(super) fn leave(&mut self) {
        self.matrices = None;
    }

    /// Begins at zero with what is asked for, and nothing else; but for whole matrices.
    pub(super) fn begin(&mut self, k: &K, a: &Architecture, demand: &Demand) -> Result<(), Error> {
        let wanted: Vec<Site> = demand.sums().filter(|site| site.matrix(a).is_none()).collect();
        self.own.retain(|site, _| wanted.contains(site));
        for site in wanted {
            let sum = match self.own.entry(site) {
                Entry::Occupied(sum) => sum.into_mut(),
                Entry::Vacant(place) => place.insert(GrowingBuffer::empty(k)?),
            };
            sum.fit_zeros(k, site.sum_len(a))?;
        }
        Ok(())
    }

    /// Whether a place learns.
    pub(super) fn asks(&self, site: Site) -> bool {
        self.own.contains_key(&site) || self.matrices.as_ref().is_some_and(|seat| seat.has(site))
    }

    /// The sum of a place, if it learns and is no whole matrix.
    pub(super) fn of(&mut self, site: Site) -> Option<&mut K::Buffer> {
        self.own.get_mut(&site).map(GrowingBuffer::get_mut)
    }

    /// Adds the gradient of a matrix, if it learns, given its inputs and the gradient of its
    /// outputs.
    pub(super) fn matrix(
        &mut self,
        k: &K,
        site: Site,
        sizes: [usize; 2],
        (x, dy): (&K::Buffer, &K::Buffer),
        rows: usize,
    ) {
        if let Some(sum) = self.of(site) {
            k.linear_weight_grad(sum, x, dy, rows, sizes, 0..sizes[1]);
        } else if let Some(seat) = &mut self.matrices {
            seat.add(k, site, (x, dy), rows);
        }
    }

    /// Those of a block.
    pub(super) fn block(&mut self, block: usize) -> BlockSums<'_, K> {
        BlockSums { sums: self, block }
    }

    /// Adds those of another shard.
    pub(super) fn add(&mut self, k: &K, a: &Architecture, other: &Self) {
        for ((site, sum), part) in self.own.iter_mut().zip(other.own.values()) {
            k.add(sum.get_mut(), part.get(), site.sum_len(a));
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Site, &K::Buffer)> {
        self.own.iter().map(|(site, sum)| (*site, sum.get()))
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
        self.sums.asks(Site::Block(self.block, part, Array::Weight))
    }

    /// Whether a matrix or its bias learns.
    pub(super) fn asks(&self, part: Part) -> bool {
        self.asks_weight(part) || self.sums.asks(Site::Block(self.block, part, Array::Bias))
    }

    /// Takes the gradient of a layer's output back through what is behind the layer, if there is
    /// something.
    pub(super) fn shift(
        &mut self,
        k: &K,
        part: Part,
        shift: Option<&ScaleShift<K>>,
        (d, z): (&mut K::Buffer, &K::Buffer),
        rows: usize,
    ) {
        let block = self.block;
        if let Some(shift) = shift {
            shift.backward(k, d, z, self.sums, |array| Site::Block(block, part, array), rows);
        }
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
        operands: (&K::Buffer, &K::Buffer),
        rows: usize,
    ) {
        let site = Site::Block(self.block, part, Array::Weight);
        self.sums.matrix(k, site, [w.inputs, w.outputs], operands, rows);
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
