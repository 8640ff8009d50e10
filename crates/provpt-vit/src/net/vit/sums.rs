//! Gradients of what prompts become and of arrays that learn, added up over the chunks of a shard.

use std::sync::Arc;

use super::matrix_sums::MatrixSums;
use super::pass::first_block;
use super::weight_sums::WeightSums;
use super::{PromptView, Vit};
use crate::error::Error;
use crate::kernels::Kernels;
use crate::learn::Demand;
use crate::net::growing::GrowingBuffer;

/// The sums of one shard, on the device. The memory is used again and again.
pub(crate) struct Sums<K: Kernels> {
    /// Per block, of the keys and values of its prompts: `[groups * rows, 2d]`.
    pub(super) d_kv: Vec<GrowingBuffer<K>>,
    /// Per block, of prompts that become tokens in front of it or are added: `[groups * rows, d]`.
    pub(super) d_front: Vec<GrowingBuffer<K>>,
    /// Per block that the backward pass goes through, of the logits of all keys:
    /// `[prompts + keys]`.
    pub(super) d_logits: Vec<GrowingBuffer<K>>,
    pub(super) weights: WeightSums<K>,
}

impl<K: Kernels> Sums<K> {
    /// Sums without memory.
    pub(crate) fn empty(vit: &Vit<K>) -> Result<Self, Error> {
        let buffer = || GrowingBuffer::empty(&vit.kernels);
        let buffers = || vit.blocks.iter().map(|_| buffer()).collect::<Result<_, _>>();
        let weights = WeightSums::empty();
        Ok(Self { d_kv: buffers()?, d_front: buffers()?, d_logits: buffers()?, weights })
    }

    /// From now on this is one shard of a batch, whose matrices' gradients are added up here.
    pub(crate) fn join(&mut self, matrices: &Arc<MatrixSums<K>>, shard: usize) {
        self.weights.join(Arc::clone(matrices), shard);
    }

    /// All shards have done their chunks.
    pub(crate) fn end_turns(&mut self) {
        self.weights.end_turns();
    }

    /// The batch is over.
    pub(crate) fn leave(&mut self) {
        self.weights.leave();
    }

    /// Begins at zero, for passes with these prompts in which so much learns.
    pub(crate) fn begin(
        &mut self,
        vit: &Vit<K>,
        prompts: PromptView<'_, K>,
        demand: &Demand,
    ) -> Result<(), Error> {
        let (k, a) = (&vit.kernels, &vit.architecture);
        self.weights.begin(k, a, demand)?;
        let first = first_block(prompts.first_block(), demand);
        let Some(first) = first else { return Ok(()) };
        for block in first..a.depth {
            self.d_kv[block].fit_zeros(k, 2 * prompts.keys(block).len())?;
            let columns = prompts.attention_shape(a, 1, block).columns();
            self.d_logits[block].fit_zeros(k, columns)?;
            self.d_front[block].fit_zeros(k, prompts.front(block).len())?;
        }
        Ok(())
    }

    /// Adds what goes through keys, values and tokens of another shard; logits stay apart.
    pub(super) fn add(&mut self, vit: &Vit<K>, other: &Self, prompts: PromptView<'_, K>) {
        let k = &vit.kernels;
        for (block, (sum, part)) in self.d_kv.iter_mut().zip(&other.d_kv).enumerate() {
            k.add(sum.get_mut(), part.get(), 2 * prompts.keys(block).len());
        }
        for (block, (sum, part)) in self.d_front.iter_mut().zip(&other.d_front).enumerate() {
            k.add(sum.get_mut(), part.get(), prompts.front(block).len());
        }
        self.weights.add(k, &vit.architecture, &other.weights);
    }
}
