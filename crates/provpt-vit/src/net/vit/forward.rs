//! The forward pass of one block.

use super::block::{Adapter, Block};
use super::workspace::{Scratch, Slot};
use crate::kernels::{AttentionInput, AttentionShape, Kernels, Mlp, Residual, TokenShape};

impl<K: Kernels> Block<K> {
    /// `next[queries, d] = block(slot.x[tokens, d])` for every image; `slot` keeps what a backward
    /// pass needs: what attention and MLP put out, too, if `keep`. `shape.queries` is 1 where only
    /// CLS is read on.
    #[allow(clippy::too_many_arguments)] // As on the way back.
    pub(super) fn forward(
        &self,
        k: &K,
        slot: &mut Slot<K>,
        next: &mut K::Buffer,
        s: &mut Scratch<K>,
        prompt_kv: &K::Buffer,
        shape: AttentionShape,
        keep: bool,
    ) {
        self.attend(k, slot, s, prompt_kv, shape, keep);
        self.mlp(k, slot, next, s, shape.images * shape.queries, keep);
    }

    /// `slot.middle = x + ls1 * proj(attention(norm1(x)))`.
    fn attend(
        &self,
        k: &K,
        slot: &mut Slot<K>,
        s: &mut Scratch<K>,
        prompt_kv: &K::Buffer,
        shape: AttentionShape,
        keep: bool,
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
        let mixed = if keep { &mut slot.mixed } else { &mut s.a };
        self.mix(k, mixed, &mut slot.log_sum, input, shape);
        let x = if all {
            &slot.x
        } else {
            k.first_rows(&mut s.d_query, &slot.x, token_shape);
            &s.d_query
        };
        let residual = Residual { x, scale: self.ls1.as_deref() };
        if keep && residual.scale.is_some() {
            k.linear(&mut slot.branch1, mixed, &self.proj, query_rows);
            k.residual(&mut slot.middle, x, &slot.branch1, residual.scale, query_rows, d);
        } else {
            k.linear_residual(&mut slot.middle, &mut s.b, mixed, &self.proj, &residual, query_rows);
        }
    }

    /// `next = middle + ls2 * adapter(fc2(gelu(fc1(norm2(middle)))))`.
    fn mlp(
        &self,
        k: &K,
        slot: &mut Slot<K>,
        next: &mut K::Buffer,
        s: &mut Scratch<K>,
        rows: usize,
        keep: bool,
    ) {
        k.norm(&mut s.normed, &mut slot.stats2, &slot.middle, &self.norm2, rows);
        let residual = Residual { x: &slot.middle, scale: self.ls2.as_deref() };
        let scaled = keep && residual.scale.is_some();
        if !scaled && self.adapter.is_none() {
            let w = Mlp { fc1: &self.fc1, fc2: &self.fc2, residual };
            k.mlp(next, &mut slot.hidden, [&mut s.wide, &mut s.a], &s.normed, &w, rows);
            return;
        }
        k.linear(&mut slot.hidden, &s.normed, &self.fc1, rows);
        k.gelu(&mut s.wide, &slot.hidden, rows * self.fc1.outputs);
        k.linear(&mut s.a, &s.wide, &self.fc2, rows);
        if let Some(Adapter { down, up }) = &self.adapter {
            k.copy(&mut slot.adapted, &s.a, rows * down.inputs);
            k.linear(&mut slot.narrow, &s.a, down, rows);
            k.gelu(&mut s.wide, &slot.narrow, rows * down.outputs);
            k.linear(&mut s.b, &s.wide, up, rows);
            k.add(&mut s.a, &s.b, rows * up.outputs);
        }
        let width = self.norm2.width;
        if scaled {
            k.copy(&mut slot.branch2, &s.a, rows * width);
        }
        k.residual(next, residual.x, &s.a, residual.scale, rows, width);
    }
}
