//! Attention within windows, merges, and their gradients.

use proptest::prelude::*;

use super::{Draw, Operation, cases, check};
use crate::kernels::{
    AttentionGrad, AttentionInput, AttentionShape, Kernels, MergeShape, WindowGrad, WindowGrid,
    WindowInput,
};

#[derive(Clone, Copy, Debug)]
struct Windows {
    shape: AttentionShape,
    grid: WindowGrid,
}

fn windows() -> impl Strategy<Value = Windows> {
    let grids = (1_usize..=3, 1_usize..=3, any::<bool>());
    let rows = (1_usize..=2, 0_usize..=3, 0_usize..=5, any::<bool>());
    (grids, rows, 1_usize..=3, 1_usize..=9).prop_map(|(grid, rows, heads, head_width)| {
        let (window, side, is_shifted) = grid;
        let (images, inserted, prompts, prompts_per_image) = rows;
        let shift = if is_shifted && side > 1 { window / 2 } else { 0 };
        let grid = WindowGrid { grid: window * side, window, shift };
        let keys = inserted + grid.cells();
        let queries = keys;
        let shape =
            AttentionShape { images, queries, keys, prompts, prompts_per_image, heads, head_width };
        Windows { shape, grid }
    })
}

/// Lengths of operands.
struct Lengths {
    query: usize,
    kv: usize,
    prompt_kv: usize,
    log_sum: usize,
    bias: usize,
    columns: usize,
}

impl Lengths {
    fn new(Windows { shape, grid }: Windows) -> Self {
        let groups = if shape.prompts_per_image { shape.images } else { 1 };
        let queries = shape.keys - grid.cells() + grid.tokens();
        Self {
            query: shape.images * shape.keys * shape.width(),
            kv: shape.images * shape.keys * 2 * shape.width(),
            prompt_kv: groups * shape.prompts * 2 * shape.width(),
            log_sum: shape.images * shape.heads * grid.count() * queries,
            bias: shape.heads * grid.tokens().pow(2),
            columns: shape.prompts + queries,
        }
    }
}

impl Operation<2, 5> for Windows {
    fn run<K: Kernels>(
        &self,
        k: &K,
        [out, log_sum]: [&mut K::Buffer; 2],
        [query, kv, prompt_kv, bias, added]: [&K::Buffer; 5],
    ) {
        let rows = AttentionInput { query, kv, prompt_kv, prompt_logits: Some(added) };
        k.window_attention(out, log_sum, WindowInput { rows, bias, grid: self.grid }, self.shape);
    }
}

/// Forward, then back to everything or to the prompts alone, and to the bias or not.
struct Gradient {
    windows: Windows,
    to_input: bool,
    to_bias: bool,
}

impl Operation<7, 6> for Gradient {
    fn run<K: Kernels>(
        &self,
        k: &K,
        [out, log_sum, d_query, d_kv, prompt, logits, d_bias]: [&mut K::Buffer; 7],
        [query, kv, prompt_kv, bias, d_out, added]: [&K::Buffer; 6],
    ) {
        let Windows { shape, grid } = self.windows;
        let rows = || AttentionInput { query, kv, prompt_kv, prompt_logits: Some(added) };
        k.window_attention(out, log_sum, WindowInput { rows: rows(), bias, grid }, shape);
        let own = self.to_input.then_some((d_query, d_kv));
        let attention = AttentionGrad { own, prompt_kv: prompt, logits };
        let grad = WindowGrad { attention, bias: self.to_bias.then_some(d_bias) };
        let input = WindowInput { rows: rows(), bias, grid };
        k.window_attention_grad(grad, d_out, input, log_sum, shape);
    }
}

/// Four rows side by side, and back.
struct Merge(MergeShape);

impl Operation<2, 2> for Merge {
    fn run<K: Kernels>(&self, k: &K, [y, dx]: [&mut K::Buffer; 2], [x, dy]: [&K::Buffer; 2]) {
        k.merge(y, x, self.0);
        k.merge_grad(dx, dy, self.0);
    }
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn attention_in_windows_is_right(windows in windows(), seed: u64) {
        let (l, mut draw) = (Lengths::new(windows), Draw::new(seed));
        let written = [l.query, l.log_sum].map(|len| draw.buffer(len));
        let read = [l.query, l.kv, l.prompt_kv, l.bias, l.columns];
        let read = read.map(|len| draw.buffer(len));
        check(&windows, written, read, 5e-6)?;
    }

    #[test]
    fn its_gradient_is_right(windows in windows(), to_input: bool, to_bias: bool, seed: u64) {
        let (l, mut draw) = (Lengths::new(windows), Draw::new(seed));
        let written = [l.query, l.log_sum, l.query, l.kv, l.prompt_kv, l.columns, l.bias];
        let written = written.map(|len| draw.buffer(len));
        let read = [l.query, l.kv, l.prompt_kv, l.bias, l.query, l.columns];
        let read = read.map(|len| draw.buffer(len));
        check(&Gradient { windows, to_input, to_bias }, written, read, 1e-5)?;
    }

    #[test]
    fn merging_is_right(
        images in 1_usize..=3,
        extra in 0_usize..=3,
        half in 1_usize..=3,
        width in 1_usize..=20,
        seed: u64,
    ) {
        let shape = MergeShape { images, extra, grid: 2 * half, width };
        let (before, after) = (images * shape.before() * width, images * shape.after() * 4 * width);
        let mut draw = Draw::new(seed);
        let written = [after, before].map(|len| draw.buffer(len));
        check(&Merge(shape), written, [before, after].map(|len| draw.buffer(len)), 1e-6)?;
    }
}
