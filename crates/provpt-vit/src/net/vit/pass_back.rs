//! The way back of a pass: what the prompts' keys, values and tokens contributed to the loss.

use super::backward::PromptSink;
use super::{Pass, Sums};
use crate::Pooling;
use crate::kernels::{Kernels, TokenShape};

impl<K: Kernels> Pass<'_, K> {
    /// Adds the prompts' gradients to `sums`, given d loss / d features `[images, d]`.
    pub(crate) fn backward(&mut self, d_features: &[f32], sums: &mut Sums<K>) {
        let Some(first) = self.prompts.first_block() else { return };
        self.pool_backward(d_features);
        for block in (first..self.vit.blocks.len()).rev() {
            self.block_backward(block, first, sums);
        }
    }

    /// Leaves the gradient of the last block's output in `top`.
    fn pool_backward(&mut self, d_features: &[f32]) {
        let (vit, images, ws) = (self.vit, self.images, &mut *self.ws);
        let (k, a) = (&vit.kernels, &vit.architecture);
        k.write(&mut ws.d_features, d_features);
        k.clear(&mut ws.scratch.a, images * a.width);
        let pooled = if a.pooling == Pooling::Cls { &ws.top } else { &ws.spare };
        let d_pooled = &mut ws.scratch.a;
        k.norm_grad(d_pooled, &ws.d_features, pooled, &ws.top_stats, &vit.norm, images);
        match a.pooling {
            Pooling::Cls => k.copy(&mut ws.top, d_pooled, images * a.width),
            Pooling::Mean => {
                let tokens = a.tokens() + self.prompts.extra_tokens();
                let shape = TokenShape { images, tokens, width: a.width };
                k.mean_rows_grad(&mut ws.top, d_pooled, shape);
            }
        }
    }

    fn block_backward(&mut self, block: usize, first: usize, sums: &mut Sums<K>) {
        let (vit, prompts, slot) = (self.vit, self.prompts, self.slot(block));
        let (k, a, ws) = (&vit.kernels, &vit.architecture, &mut *self.ws);
        let sink = PromptSink {
            kv: prompts.keys(block).kv(),
            d_kv: sums.d_kv[block].get_mut(),
            d_logits: sums.d_logits[block].get_mut(),
        };
        let inserts = prompts.inserts_at(block);
        let to_input = block > first || inserts;
        let (d, shape) = (&mut ws.top, prompts.attention_shape(a, self.images, block));
        vit.blocks[block].backward(k, &ws.slots[slot], d, &mut ws.scratch, sink, shape, to_input);
        if inserts {
            let shape = prompts.insert_shape(a, self.images);
            k.insert_rows_grad(&mut ws.spare, sums.d_tokens.get_mut(), &ws.top, shape);
            std::mem::swap(&mut ws.top, &mut ws.spare);
        }
    }
}
