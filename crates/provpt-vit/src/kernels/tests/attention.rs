//! Attention and its gradient.

use std::ops::RangeInclusive;

use proptest::prelude::*;

use super::{Draw, Operation, cases, check};
use crate::kernels::{AttentionGrad, AttentionInput, AttentionShape, Kernels};

type Sizes = RangeInclusive<usize>;

fn shape() -> impl Strategy<Value = AttentionShape> {
    shapes((1..=3, 1..=9, 1..=40, 0..=20), 1..=3, 1..=20)
}

/// Shapes with so many images, queries, keys and prompts, heads, and values of each.
pub(crate) fn shapes(
    rows: (Sizes, Sizes, Sizes, Sizes),
    heads: Sizes,
    head_width: Sizes,
) -> impl Strategy<Value = AttentionShape> {
    (rows, heads, head_width, any::<bool>()).prop_map(
        |((images, queries, keys, prompts), heads, head_width, prompts_per_image)| AttentionShape {
            images,
            queries,
            keys,
            prompts,
            prompts_per_image,
            heads,
            head_width,
        },
    )
}

/// Lengths of operands.
struct Lengths {
    query: usize,
    kv: usize,
    prompt_kv: usize,
    log_sum: usize,
}

impl Lengths {
    fn new(shape: AttentionShape) -> Self {
        let groups = if shape.prompts_per_image { shape.images } else { 1 };
        Self {
            query: shape.images * shape.queries * shape.width(),
            kv: shape.images * shape.keys * 2 * shape.width(),
            prompt_kv: groups * shape.prompts * 2 * shape.width(),
            log_sum: shape.images * shape.heads * shape.queries,
        }
    }
}

/// Whether something is added to the logits of prompts.
struct Attention(AttentionShape, bool);

impl Operation<2, 4> for Attention {
    fn run<K: Kernels>(
        &self,
        k: &K,
        [out, log_sum]: [&mut K::Buffer; 2],
        [query, kv, prompt_kv, added]: [&K::Buffer; 4],
    ) {
        let prompt_logits = self.1.then_some(added);
        let input = AttentionInput { query, kv, prompt_kv, prompt_logits };
        k.attention(out, log_sum, input, self.0);
    }
}

/// Forward, then back to everything or to the prompts alone.
struct Gradient {
    shape: AttentionShape,
    to_input: bool,
    adds: bool,
}

impl Operation<6, 5> for Gradient {
    fn run<K: Kernels>(
        &self,
        k: &K,
        [out, log_sum, d_query, d_kv, d_prompt_kv, logits]: [&mut K::Buffer; 6],
        [query, kv, prompt_kv, d_out, added]: [&K::Buffer; 5],
    ) {
        let prompt_logits = self.adds.then_some(added);
        let input = || AttentionInput { query, kv, prompt_kv, prompt_logits };
        k.attention(out, log_sum, input(), self.shape);
        let own = self.to_input.then_some((d_query, d_kv));
        let grad = AttentionGrad { own, prompt_kv: d_prompt_kv, logits };
        k.attention_grad(grad, d_out, input(), log_sum, self.shape);
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn attention_is_right(shape in shape(), adds: bool, seed: u64) {
        let (lengths, mut draw) = (Lengths::new(shape), Draw::new(seed));
        let written = [lengths.query, lengths.log_sum].map(|len| draw.buffer(len));
        let read = [lengths.query, lengths.kv, lengths.prompt_kv, shape.prompts];
        let read = read.map(|len| draw.buffer(len));
        check(&Attention(shape, adds), written, read, 5e-6)?;
    }

    #[test]
    fn attention_grad_is_right(
        shape in shape(),
        to_input: bool,
        adds: bool,
        seed: u64,
    ) {
        let (l, mut draw) = (Lengths::new(shape), Draw::new(seed));
        let written = [l.query, l.log_sum, l.query, l.kv, l.prompt_kv, shape.columns()];
        let written = written.map(|len| draw.buffer(len));
        let read = [l.query, l.kv, l.prompt_kv, l.query, shape.prompts];
        let read = read.map(|len| draw.buffer(len));
        check(&Gradient { shape, to_input, adds }, written, read, 1e-5)?;
    }
}
