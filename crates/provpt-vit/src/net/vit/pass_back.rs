//! The way back of a pass: what the prompts' keys, values and tokens contributed to the loss.

use std::collections::BTreeMap;

use super::backward::PromptSink;
use super::{Pass, Prepared};
use crate::Pooling;
use crate::kernels::Kernels;

/// Gradients of what prompts become, added up over the chunks of a shard.
pub(crate) struct Accumulator<K: Kernels> {
    d_kv: BTreeMap<usize, K::Buffer>,
    d_tokens: K::Buffer,
    /// Per block from the first that learns: `[prompts + keys]`.
    d_logits: BTreeMap<usize, K::Buffer>,
    /// Stands where a block has no prompts.
    nothing: K::Buffer,
}

/// The same on the host.
#[derive(Clone, Debug)]
pub(crate) struct Sums {
    /// `[groups * rows, 2d]` per block.
    pub(crate) d_kv: BTreeMap<usize, Vec<f32>>,
    /// `[groups * rows, d]`.
    pub(crate) d_tokens: Vec<f32>,
    /// `[K]`: attention idleness.
    pub(crate) attention: Vec<f32>,
}

impl<K: Kernels> Pass<'_, K> {
    /// An empty accumulator for chunks like this one.
    pub(crate) fn accumulator(&self) -> Accumulator<K> {
        let (k, d) = (&self.vit.kernels, self.vit.architecture.width);
        let groups = if self.prompts.per_image { self.images } else { 1 };
        let depth = self.vit.blocks.len();
        let learning = self.prompts.first_block.unwrap_or(depth)..depth;
        Accumulator {
            d_kv: (self.prompts.keys.iter())
                .map(|(b, set)| (*b, k.zeros(groups * set.rows.len() * 2 * d)))
                .collect(),
            d_tokens: k.zeros(groups * self.prompts.extra_tokens() * d),
            d_logits: learning.map(|b| (b, k.zeros(self.attention_shape(b).columns()))).collect(),
            nothing: k.zeros(0),
        }
    }

    /// Adds the prompts' gradients to `sum`, given d loss / d features `[images, d]`.
    pub(crate) fn backward(&mut self, d_features: &[f32], sum: &mut Accumulator<K>) {
        let Some(first) = self.prompts.first_block else { return };
        self.pool_backward(d_features);
        for block in (first..self.vit.blocks.len()).rev() {
            self.block_backward(block, first, sum);
        }
    }

    /// Leaves the gradient of the last block's output in `top`.
    fn pool_backward(&mut self, d_features: &[f32]) {
        let (vit, a, images) = (self.vit, &self.vit.architecture, self.images);
        let (k, ws) = (&vit.kernels, &mut *self.ws);
        let d_features = k.upload(d_features);
        k.clear(&mut ws.scratch.a, images * a.width);
        let pooled = if a.pooling == Pooling::Cls { &ws.top } else { &ws.spare };
        k.norm_grad(&mut ws.scratch.a, &d_features, pooled, &ws.top_stats, &vit.norm, images);
        match a.pooling {
            Pooling::Cls => k.copy(&mut ws.top, &ws.scratch.a, images * a.width),
            Pooling::Mean => {
                let tokens = a.tokens() + self.prompts.extra_tokens();
                k.mean_rows_grad(&mut ws.top, &ws.scratch.a, images, tokens, a.width);
            }
        }
    }

    fn block_backward(&mut self, block: usize, first: usize, sum: &mut Accumulator<K>) {
        let (vit, k, shape) = (self.vit, &self.vit.kernels, self.attention_shape(block));
        let (slot, inserts, insert_shape) =
            (self.slot(block), self.inserts_at(block), self.insert_shape());
        let ws = &mut *self.ws;
        let Accumulator { d_kv, d_tokens, d_logits, nothing } = sum;
        let Some(d_logits) = d_logits.get_mut(&block) else { return };
        let kv = self.prompts.kv(block).unwrap_or(&vit.nothing);
        let sink = PromptSink { kv, d_kv: d_kv.get_mut(&block).unwrap_or(nothing), d_logits };
        let to_input = block > first || inserts;
        let d = &mut ws.top;
        vit.blocks[block].backward(k, &ws.slots[slot], d, &mut ws.scratch, sink, shape, to_input);
        if inserts {
            k.insert_rows_grad(&mut ws.spare, d_tokens, &ws.top, insert_shape);
            std::mem::swap(&mut ws.top, &mut ws.spare);
        }
    }
}

impl<K: Kernels> Accumulator<K> {
    /// Brings the sums to the host; `prompts` is the bank's size, K.
    pub(crate) fn download(&self, k: &K, prepared: &Prepared<K>, prompts: usize) -> Sums {
        let fetch = |buffer: &K::Buffer, len: usize| {
            let mut host = vec![0.0; len];
            k.download(buffer, &mut host);
            host
        };
        let mut attention = vec![0.0; prompts];
        for (block, buffer) in &self.d_logits {
            let keys = prepared.keys.get(block).map_or(&[][..], |set| &set.rows);
            let tokens = match &prepared.tokens {
                Some((at, set)) if at <= block => &set.rows[..],
                _ => &[],
            };
            // Columns: prompts that are keys, CLS, prompts that are tokens, patches.
            let columns = fetch(buffer, keys.len() + 1 + tokens.len());
            for (row, sum) in keys.iter().zip(&columns) {
                attention[*row] += sum;
            }
            for (row, sum) in tokens.iter().zip(&columns[keys.len() + 1..]) {
                attention[*row] += sum;
            }
        }
        let d_kv = self.d_kv.iter().map(|(b, buffer)| (*b, fetch(buffer, prepared.kv_len(*b))));
        let d_tokens = fetch(&self.d_tokens, prepared.tokens_len());
        Sums { d_kv: d_kv.collect(), d_tokens, attention }
    }
}

impl Sums {
    /// Adds another shard's sums.
    pub(crate) fn add(&mut self, other: &Self) {
        let kv = self.d_kv.values_mut().zip(other.d_kv.values());
        let rest = [(&mut self.d_tokens, &other.d_tokens), (&mut self.attention, &other.attention)];
        for (a, b) in kv.chain(rest) {
            a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        }
    }
}
