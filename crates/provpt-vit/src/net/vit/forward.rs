//! The forward pass of one block.

use super::block::Block;
use super::workspace::{Scratch, Slot};
use crate::kernels::{AttentionInput, AttentionShape, Kernels, Mlp, Residual, TokenShape};

impl<K: Kernels> Block<K> {
    /// `next[queries, d] = block(slot.x[tokens, d])` for every image; `slot` keeps what a backward
    /// pass needs. `shape.queries` is 1 where only CLS is read on.
    pub(super) fn forward(
        &self,
        k: &K,
        slot: &mut Slot<K>,
        next: &mut K::Buffer,
        s: &mut Scratch<K>,
        prompt_kv: &K::Buffer,
        shape: AttentionShape,
    ) {
        self.attend(k, slot, s, prompt_kv, shape);
        self.mlp(k, slot, next, s, shape.images * shape.queries);
    }

    /// `slot.middle = x + ls1 * proj(attention(norm1(x)))`.
    fn attend(
        &self,
        k: &K,
        slot: &mut Slot<K>,
        s: &mut Scratch<K>,
        prompt_kv: &K::Buffer,
        shape: AttentionShape,
    ) {
        let (images, tokens, d) = (shape.images, shape.keys, shape.width());
        let (rows, query_rows) = (images * tokens, images * shape.queries);
        let token_shape = TokenShape { images, tokens, width: d };
        k.norm(&mut s.normed, &mut slot.stats1, &slot.x, &self.norm1, rows);
        k.linear(&mut slot.kv, &s.normed, &self.kv, rows);
        let all = shape.queries == tokens;
        if all {
            k.linear(&mut slot.query, &s.normed, &self.query, rows);
        } else {
            k.first_rows(&mut s.a, &s.normed, token_shape);
            k.linear(&mut slot.query, &s.a, &self.query, images);
        }
        let input = AttentionInput { query: &slot.query, kv: &slot.kv, prompt_kv };
        k.attention(&mut s.a, &mut slot.log_sum, input, shape);
        let x = if all {
            &slot.x
        } else {
            k.first_rows(&mut s.d_query, &slot.x, token_shape);
            &s.d_query
        };
        let residual = Residual { x, scale: self.ls1.as_ref() };
        k.linear_residual(&mut slot.middle, &mut s.b, &s.a, &self.proj, &residual, query_rows);
    }

    /// `next = middle + ls2 * fc2(gelu(fc1(norm2(middle))))`.
    fn mlp(
        &self,
        k: &K,
        slot: &mut Slot<K>,
        next: &mut K::Buffer,
        s: &mut Scratch<K>,
        rows: usize,
    ) {
        k.norm(&mut s.normed, &mut slot.stats2, &slot.middle, &self.norm2, rows);
        let residual = Residual { x: &slot.middle, scale: self.ls2.as_ref() };
        let w = Mlp { fc1: &self.fc1, fc2: &self.fc2, residual };
        k.mlp(next, &mut slot.hidden, [&mut s.wide, &mut s.a], &s.normed, &w, rows);
    }
}
