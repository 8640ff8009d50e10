//! The backward pass of one block: gradients of its input, and of those of its arrays that learn.

use super::block::{Adapter, Block};
use super::dropping::{Drops, PlaceOf, drop_at, drops};
use super::prompt_rows::PromptKeys;
use super::weight_sums::BlockSums;
use super::workspace::{Scratch, Slot};
use crate::dropout::DropPlace;
use crate::kernels::{AttentionGrad, AttentionShape, Kernels, TokenShape, WindowGrad};
use crate::learn::Part;

/// Where a block leaves gradients.
pub(super) struct Sink<'a, K: Kernels> {
    /// Its prompts.
    pub(super) keys: PromptKeys<'a, K::Buffer>,
    /// Of these, `[groups * rows, 2d]`, added to.
    pub(super) d_kv: &'a mut K::Buffer,
    /// `[prompts + keys]`, added to.
    pub(super) d_logits: &'a mut K::Buffer,
    /// Of its arrays, as far as they learn; added to.
    pub(super) weights: BlockSums<'a, K>,
}

impl<K: Kernels> Block<K> {
    /// Turns `d`, the gradient of the block's output, into that of its input. With
    /// `to_input = false` it ends at the attention: nothing in front of it learns, and `d` is left
    /// unspecified.
    #[allow(clippy::too_many_arguments)] // Each is another kind of thing; a struct would be made for one call.
    pub(super) fn backward(
        &self,
        k: &K,
        slot: &mut Slot<K>,
        d: &mut K::Buffer,
        s: &mut Scratch<K>,
        sink: Sink<'_, K>,
        shape: AttentionShape,
        to_input: bool,
        mut dropping: Drops<'_, K>,
    ) {
        let (rows, width) = (shape.images * shape.queries, shape.width());
        let Sink { keys, d_kv, d_logits, mut weights } = sink;
        self.mlp_backward(k, slot, d, s, &mut weights, rows, &mut dropping);
        if let Some(sum) = weights.weight(Part::Scale1) {
            k.product_sums(sum, d, &slot.branch1, rows, width);
        }
        let scale = self.ls1.as_deref();
        let path: PlaceOf = DropPlace::AttentionPath;
        let d_branch = match self.shift(Part::Proj) {
            None if !drops(&dropping, path) => branch_grad(k, &mut s.a, d, scale, rows, width),
            shift => {
                k.residual_grad(&mut s.a, d, scale, rows, width);
                drop_at(k, &mut dropping, path, &mut s.a, (rows, width));
                weights.shift(k, Part::Proj, shift, (&mut s.a, &slot.raw1), rows);
                &s.a
            }
        };
        weights.bias(k, Part::Proj, d_branch, rows, width);
        let proj = (&slot.mixed, d_branch);
        weights.matrix(k, Part::Proj, &self.proj, proj, rows);
        self.low_sums(k, Part::Proj, proj, &mut s.low, &mut weights, rows);
        k.linear_grad(&mut s.b, d_branch, &self.proj, rows, false);
        self.low_grad(k, Part::Proj, &mut s.b, d_branch, &mut s.low, rows);
        let all = [rows, shape.images * shape.keys];
        let own = (&slot.query, &slot.kv);
        let (query, own_kv) = self.shifted_projections(k, own, &mut s.shifted, all);
        let input = keys.beside(query, own_kv);
        let own = to_input.then_some((&mut s.d_query, &mut s.d_kv));
        let grad = AttentionGrad { own, prompt_kv: d_kv, logits: d_logits };
        let bias = weights.weight(Part::Positions);
        self.mix_grad(k, WindowGrad { attention: grad, bias }, &s.b, input, &slot.log_sum, shape);
        if to_input {
            let [query, kv] = [Part::Query, Part::KeyValue].map(|part| self.shift(part));
            weights.shift(k, Part::Query, query, (&mut s.d_query, &slot.query), all[0]);
            weights.shift(k, Part::KeyValue, kv, (&mut s.d_kv, &slot.kv), all[1]);
            self.projections_backward(k, slot, s, &mut weights, shape);
            self.input_backward(k, slot, d, s, &mut weights, shape);
        }
    }

    /// `d` of the output becomes `d` of `middle`.
    #[allow(clippy::too_many_arguments)] // As above.
    fn mlp_backward(
        &self,
        k: &K,
        slot: &mut Slot<K>,
        d: &mut K::Buffer,
        s: &mut Scratch<K>,
        weights: &mut BlockSums<'_, K>,
        rows: usize,
        dropping: &mut Drops<'_, K>,
    ) {
        let (width, hidden) = (self.norm2.width, self.fc1.outputs);
        if let Some(sum) = weights.weight(Part::Scale2) {
            k.product_sums(sum, d, &slot.branch2, rows, width);
        }
        let scale = self.ls2.as_deref();
        let [inside, output, path]: [PlaceOf; 3] =
            [DropPlace::Hidden, DropPlace::Output, DropPlace::MlpPath];
        let [drops_inside, drops_output, drops_path] =
            [inside, output, path].map(|place| drops(dropping, place));
        let d_branch = match (&self.adapter, self.shift(Part::Fc2)) {
            (None, None) if !drops_output && !drops_path => {
                branch_grad(k, &mut s.a, d, scale, rows, width)
            }
            (adapter, shift) => {
                k.residual_grad(&mut s.a, d, scale, rows, width);
                drop_at(k, dropping, path, &mut s.a, (rows, width));
                if let Some(adapter) = adapter {
                    adapter.backward(k, slot, s, weights, rows);
                }
                drop_at(k, dropping, output, &mut s.a, (rows, width));
                weights.shift(k, Part::Fc2, shift, (&mut s.a, &slot.raw2), rows);
                &s.a
            }
        };
        weights.bias(k, Part::Fc2, d_branch, rows, width);
        let [low1, low2] = [Part::Fc1, Part::Fc2].map(|part| self.has_low(part));
        let shift1 = self.shift(Part::Fc1);
        let before = self.shifted_hidden(k, &slot.hidden, &mut s.shifted, rows);
        if weights.asks_weight(Part::Fc2) || low2 {
            k.gelu(&mut s.wide, before, rows * hidden);
            drop_at(k, dropping, inside, &mut s.wide, (rows, hidden));
            weights.matrix(k, Part::Fc2, &self.fc2, (&s.wide, d_branch), rows);
            let fc2 = (&s.wide, d_branch);
            self.low_sums(k, Part::Fc2, fc2, &mut s.low, weights, rows);
        }
        if !weights.asks(Part::Fc1) && !low1 && !low2 && shift1.is_none() && !drops_inside {
            let layers = [&self.fc1, &self.fc2];
            k.mlp_grad(&mut s.b, &mut s.wide, d_branch, &slot.hidden, layers, rows);
        } else {
            k.linear_grad(&mut s.wide, d_branch, &self.fc2, rows, false);
            self.low_grad(k, Part::Fc2, &mut s.wide, d_branch, &mut s.low, rows);
            drop_at(k, dropping, inside, &mut s.wide, (rows, hidden));
            k.gelu_grad(&mut s.wide, before, rows * hidden);
            weights.shift(k, Part::Fc1, shift1, (&mut s.wide, &slot.hidden), rows);
            weights.bias(k, Part::Fc1, &s.wide, rows, hidden);
            if weights.asks_weight(Part::Fc1) || low1 {
                k.norm(&mut s.normed, &mut slot.stats2, &slot.middle, &self.norm2, rows);
                self.apply_shift(k, Part::Norm2, &mut s.normed, rows);
                let fc1 = (&s.normed, &s.wide);
                weights.matrix(k, Part::Fc1, &self.fc1, fc1, rows);
                self.low_sums(k, Part::Fc1, fc1, &mut s.low, weights, rows);
            }
            k.linear_grad(&mut s.b, &s.wide, &self.fc1, rows, false);
            self.low_grad(k, Part::Fc1, &mut s.b, &s.wide, &mut s.low, rows);
        }
        if let Some(shift) = self.shift(Part::Norm2) {
            k.norm(&mut s.normed, &mut slot.stats2, &slot.middle, &self.norm2, rows);
            weights.shift(k, Part::Norm2, Some(shift), (&mut s.b, &s.normed), rows);
        }
        weights.norm(k, Part::Norm2, &s.b, (&slot.middle, &slot.stats2), (rows, width));
        k.norm_grad(d, &s.b, &slot.middle, &slot.stats2, &self.norm2, rows);
    }

    /// Gradients of what makes queries, keys and values.
    fn projections_backward(
        &self,
        k: &K,
        slot: &mut Slot<K>,
        s: &mut Scratch<K>,
        weights: &mut BlockSums<'_, K>,
        shape: AttentionShape,
    ) {
        let (images, tokens, width) = (shape.images, shape.keys, shape.width());
        let (rows, query_rows) = (images * tokens, images * shape.queries);
        weights.bias(k, Part::KeyValue, &s.d_kv, rows, 2 * width);
        weights.bias(k, Part::Query, &s.d_query, query_rows, width);
        let asked = |part| weights.asks_weight(part) || self.has_low(part);
        if !asked(Part::KeyValue) && !asked(Part::Query) {
            return;
        }
        k.norm(&mut s.b, &mut slot.stats1, &slot.x, &self.norm1, rows);
        self.apply_shift(k, Part::Norm1, &mut s.b, rows);
        let kv = (&s.b, &s.d_kv);
        weights.matrix(k, Part::KeyValue, &self.kv, kv, rows);
        self.low_sums(k, Part::KeyValue, kv, &mut s.low, weights, rows);
        let x = if query_rows < rows {
            k.first_rows(&mut s.a, &s.b, TokenShape { images, tokens, width });
            &s.a
        } else {
            &s.b
        };
        let query = (x, &s.d_query);
        weights.matrix(k, Part::Query, &self.query, query, query_rows);
        self.low_sums(k, Part::Query, query, &mut s.low, weights, query_rows);
    }

    /// `d` of `middle` becomes `d` of `x`, by way of queries, keys and values.
    fn input_backward(
        &self,
        k: &K,
        slot: &mut Slot<K>,
        d: &mut K::Buffer,
        s: &mut Scratch<K>,
        weights: &mut BlockSums<'_, K>,
        shape: AttentionShape,
    ) {
        let (images, tokens, width) = (shape.images, shape.keys, shape.width());
        let rows = images * tokens;
        k.linear_grad(&mut s.normed, &s.d_kv, &self.kv, rows, false);
        self.low_grad(k, Part::KeyValue, &mut s.normed, &s.d_kv, &mut s.low, rows);
        if shape.queries == tokens {
            k.linear_grad(&mut s.normed, &s.d_query, &self.query, rows, true);
            self.low_grad(k, Part::Query, &mut s.normed, &s.d_query, &mut s.low, rows);
        } else {
            k.linear_grad(&mut s.a, &s.d_query, &self.query, images, false);
            self.low_grad(k, Part::Query, &mut s.a, &s.d_query, &mut s.low, images);
            let token_shape = TokenShape { images, tokens, width };
            k.first_rows_grad(&mut s.normed, &s.a, token_shape);
            k.clear(&mut s.a, rows * width);
            k.first_rows_grad(&mut s.a, d, token_shape);
            std::mem::swap(d, &mut s.a);
        }
        if let Some(shift) = self.shift(Part::Norm1) {
            k.norm(&mut s.b, &mut slot.stats1, &slot.x, &self.norm1, rows);
            weights.shift(k, Part::Norm1, Some(shift), (&mut s.normed, &s.b), rows);
        }
        weights.norm(k, Part::Norm1, &s.normed, (&slot.x, &slot.stats1), (rows, width));
        k.norm_grad(d, &s.normed, &slot.x, &slot.stats1, &self.norm1, rows);
    }
}

impl<K: Kernels> Adapter<K> {
    /// `s.a`, the gradient of the adapter's output, becomes that of its input.
    fn backward(
        &self,
        k: &K,
        slot: &Slot<K>,
        s: &mut Scratch<K>,
        weights: &mut BlockSums<'_, K>,
        rows: usize,
    ) {
        let (width, narrow) = (self.up.outputs, self.down.outputs);
        let (down, up) = (Part::Down(narrow), Part::Up(narrow));
        weights.bias(k, up, &s.a, rows, width);
        if weights.asks_weight(up) {
            k.gelu(&mut s.wide, &slot.narrow, rows * narrow);
            weights.matrix(k, up, &self.up, (&s.wide, &s.a), rows);
        }
        k.linear_grad(&mut s.wide, &s.a, &self.up, rows, false);
        k.gelu_grad(&mut s.wide, &slot.narrow, rows * narrow);
        weights.bias(k, down, &s.wide, rows, narrow);
        weights.matrix(k, down, &self.down, (&slot.adapted, &s.wide), rows);
        k.linear_grad(&mut s.a, &s.wide, &self.down, rows, true);
    }
}

/// The gradient of a branch, given that of what it is added to: the same, unless it was scaled.
fn branch_grad<'a, K: Kernels>(
    k: &K,
    room: &'a mut K::Buffer,
    d: &'a K::Buffer,
    scale: Option<&K::Buffer>,
    rows: usize,
    width: usize,
) -> &'a K::Buffer {
    if scale.is_none() {
        return d;
    }
    k.residual_grad(room, d, scale, rows, width);
    room
}
