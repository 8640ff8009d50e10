//! The way back of a pass: what the prompts' keys, values and tokens, and the arrays that learn,
//! contributed to the loss.

use super::backward::Sink;
use super::dropping::Dropping;
use super::{Pass, Sums};
use crate::kernels::{Kernels, TokenShape};
use crate::learn::{Array, Site};

impl<K: Kernels> Pass<'_, K> {
    /// Adds gradients to `sums`, given d loss / d features `[images, d]`.
    pub(crate) fn backward(&mut self, d_features: &[f32], sums: &mut Sums<K>) {
        let Some(demand) = self.demand else { return };
        let depth = self.vit.blocks.len();
        let first = self.first.unwrap_or(depth);
        if first == depth && demand.is_empty() {
            return;
        }
        self.pool_backward(d_features, sums);
        for block in (first..depth).rev() {
            let to_input = block > first
                || demand.has_embedding()
                || demand.reaches_attention(block)
                || self.prompts.inserts_at(block)
                || self.prompts.adds_at(block);
            if self.again.contains(&block) {
                self.block_again(block);
            }
            self.block_backward(block, to_input, sums);
            if block > first {
                self.merge_backward(block, sums);
            }
        }
        if demand.has_embedding() {
            self.embed_backward(sums);
        }
    }

    fn block_backward(&mut self, block: usize, to_input: bool, sums: &mut Sums<K>) {
        let (vit, prompts, slot) = (self.vit, self.prompts, self.slot(block));
        let (k, a, ws) = (&vit.kernels, &vit.architecture, &mut *self.ws);
        let sink = Sink {
            keys: prompts.keys(block).keys(),
            d_kv: sums.d_kv[block].get_mut(),
            d_logits: sums.d_logits[block].get_mut(),
            weights: sums.weights.block(block),
        };
        let (d, shape) = (&mut ws.top, prompts.attention_shape(a, self.images, block));
        let slot = &mut ws.slots[slot];
        let drops = Dropping::of(&self.dropped, &mut ws.drops, block);
        vit.blocks[block].backward(k, slot, d, &mut ws.scratch, sink, shape, to_input, drops);
        if prompts.inserts_at(block) {
            let shape = prompts.front_shape(a, self.images, block);
            k.insert_rows_grad(&mut ws.spare, sums.d_front[block].get_mut(), &ws.top, shape);
            std::mem::swap(&mut ws.top, &mut ws.spare);
        } else if prompts.adds_at(block) {
            let shape = prompts.front_shape(a, self.images, block);
            k.add_rows_grad(sums.d_front[block].get_mut(), &ws.top, shape);
        }
        if prompts.loses_at(block) {
            let (shape, none) = (prompts.lost_shape(a, self.images, block), &mut ws.scratch.a);
            k.clear(none, shape.extra * shape.before.width);
            k.insert_rows(&mut ws.spare, &ws.top, none, shape);
            std::mem::swap(&mut ws.top, &mut ws.spare);
        }
    }

    /// From the gradient of the first block's input, in `top`, to what tokens are made of.
    fn embed_backward(&mut self, sums: &mut Sums<K>) {
        if let Some(hierarchy) = &self.vit.hierarchy {
            return self.norm_patches_backward(hierarchy, sums);
        }
        self.drop_embedding(true);
        let (vit, images, ws) = (self.vit, self.images, &mut *self.ws);
        let (k, a) = (&vit.kernels, &vit.architecture);
        if let Some(sum) = sums.weights.of(Site::Position) {
            k.column_sums(sum, &ws.top, images, a.token_values());
        }
        let weight = Site::Patch(Array::Weight);
        if vit.patch_shift.is_none() && !sums.weights.asks(weight) {
            return;
        }
        let (rows, s) = (images * a.patches(), &mut ws.scratch);
        k.assemble_grad(
            &mut s.b,
            &ws.top,
            TokenShape { images, tokens: a.tokens(), width: a.width },
        );
        if let Some(shift) = &vit.patch_shift {
            k.linear(&mut s.a, &ws.patch_rows, &vit.patch_embed, rows);
            shift.backward(k, &mut s.b, &s.a, &mut sums.weights, Site::Patch, rows);
        }
        let sizes = [a.patch_values(), a.width];
        sums.weights.matrix(k, weight, sizes, (&ws.patch_rows, &s.b), rows);
    }
}
