//! The backward pass of one block: input gradients only, because its weights are frozen.

use super::block::Block;
use super::workspace::{Scratch, Slot};
use crate::kernels::{AttentionGrad, AttentionInput, AttentionShape, Kernels, TokenShape};

/// Where a block's prompts leave their gradients.
pub(super) struct PromptSink<'a, K: Kernels> {
    /// Their keys and values, `[groups * rows, 2d]`.
    pub(super) kv: &'a K::Buffer,
    /// `[groups * rows, 2d]`, added to.
    pub(super) d_kv: &'a mut K::Buffer,
    /// `[prompts + keys]`, added to.
    pub(super) d_logits: &'a mut K::Buffer,
}

impl<K: Kernels> Block<K> {
    /// Turns `d`, the gradient of the block's output, into that of its input. With
    /// `to_input = false` only the prompts' gradients are computed and `d` is left unspecified.
    #[allow(clippy::too_many_arguments)] // Each is another kind of thing; a struct would be made for one call.
    pub(super) fn backward(
        &self,
        k: &K,
        slot: &Slot<K>,
        d: &mut K::Buffer,
        s: &mut Scratch<K>,
        sink: PromptSink<'_, K>,
        shape: AttentionShape,
        to_input: bool,
    ) {
        let rows = shape.images * shape.queries;
        self.mlp_backward(k, slot, d, s, rows);
        let d_branch = branch_grad(k, &mut s.a, d, self.ls1.as_ref(), rows, shape.width());
        k.linear_grad(&mut s.b, d_branch, &self.proj, rows, false);
        let input = AttentionInput { query: &slot.query, kv: &slot.kv, prompt_kv: sink.kv };
        let own = to_input.then_some((&mut s.d_query, &mut s.d_kv));
        let grad = AttentionGrad { own, prompt_kv: sink.d_kv, logits: sink.d_logits };
        k.attention_grad(grad, &s.b, input, &slot.log_sum, shape);
        if to_input {
            self.input_backward(k, slot, d, s, shape);
        }
    }

    /// `d` of the output becomes `d` of `middle`.
    fn mlp_backward(
        &self,
        k: &K,
        slot: &Slot<K>,
        d: &mut K::Buffer,
        s: &mut Scratch<K>,
        rows: usize,
    ) {
        let d_branch = branch_grad(k, &mut s.a, d, self.ls2.as_ref(), rows, self.norm2.width);
        let layers = [&self.fc1, &self.fc2];
        k.mlp_grad(&mut s.b, &mut s.wide, d_branch, &slot.hidden, layers, rows);
        k.norm_grad(d, &s.b, &slot.middle, &slot.stats2, &self.norm2, rows);
    }

    /// `d` of `middle` becomes `d` of `x`, by way of queries, keys and values.
    fn input_backward(
        &self,
        k: &K,
        slot: &Slot<K>,
        d: &mut K::Buffer,
        s: &mut Scratch<K>,
        shape: AttentionShape,
    ) {
        let (images, tokens, width) = (shape.images, shape.keys, shape.width());
        let rows = images * tokens;
        k.linear_grad(&mut s.normed, &s.d_kv, &self.kv, rows, false);
        if shape.queries == tokens {
            k.linear_grad(&mut s.normed, &s.d_query, &self.query, rows, true);
        } else {
            k.linear_grad(&mut s.a, &s.d_query, &self.query, images, false);
            let token_shape = TokenShape { images, tokens, width };
            k.first_rows_grad(&mut s.normed, &s.a, token_shape);
            k.clear(&mut s.a, rows * width);
            k.first_rows_grad(&mut s.a, d, token_shape);
            std::mem::swap(d, &mut s.a);
        }
        k.norm_grad(d, &s.normed, &slot.x, &slot.stats1, &self.norm1, rows);
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
