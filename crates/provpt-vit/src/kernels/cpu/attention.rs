//! Multi-head attention over each image's own keys and values plus prompt keys and values.
//!
//! One image and head at a time: its score matrix `[queries, prompts + keys]` stays in cache and is
//! never stored. Prompts come first among the columns.

use super::gemm::{Into, View, ViewMut, gemm};
use super::softmax::{softmax, softmax_again, softmax_grad};
use crate::kernels::{AttentionGrad, AttentionInput, AttentionShape};

/// See [`crate::kernels::Kernels::attention`].
pub(super) fn forward(
    out: &mut [f32],
    log_sum: &mut [f32],
    input: &AttentionInput<'_, Vec<f32>>,
    shape: AttentionShape,
) {
    let (width, columns) = (shape.width(), shape.columns());
    let mut scores = vec![0.0; shape.queries * columns];
    for pair in Pair::all(shape) {
        pair.scores(&mut scores, input);
        softmax(&mut scores, columns, &mut log_sum[pair.log_sum()]);
        let (from_prompts, own) = pair.value(input);
        let target = &mut out[pair.query_start()..];
        let (left, right) = pair.split(&scores);
        let size = (shape.queries, shape.head_width);
        gemm(ViewMut::rows(target, size.0, size.1, width), Into::Replace, 1.0, right, own);
        if shape.prompts > 0 {
            gemm(ViewMut::rows(target, size.0, size.1, width), Into::Add, 1.0, left, from_prompts);
        }
    }
}

/// See [`crate::kernels::Kernels::attention_grad`].
pub(super) fn backward(
    grad: AttentionGrad<'_, Vec<f32>>,
    d_out: &[f32],
    input: &AttentionInput<'_, Vec<f32>>,
    log_sum: &[f32],
    shape: AttentionShape,
) {
    let columns = shape.columns();
    let AttentionGrad { mut own, prompt_kv, logits } = grad;
    let mut p = vec![0.0; shape.queries * columns];
    let mut d = vec![0.0; shape.queries * columns];
    for pair in Pair::all(shape) {
        pair.scores(&mut p, input);
        softmax_again(&mut p, columns, &log_sum[pair.log_sum()]);
        pair.d_probabilities(&mut d, d_out, input);
        softmax_grad(&mut d, &p, columns, &mut logits[..columns]);
        if shape.prompts > 0 {
            pair.prompt_grad(prompt_kv, &p, &d, d_out, input);
        }
        if let Some((d_query, d_kv)) = own.as_mut() {
            pair.own_grad(d_query, d_kv, &p, &d, d_out, input);
        }
    }
}

/// One image and one head of it.
#[derive(Clone, Copy)]
struct Pair {
    shape: AttentionShape,
    image: usize,
    head: usize,
}

impl Pair {
    fn all(shape: AttentionShape) -> impl Iterator<Item = Self> {
        (0..shape.images)
            .flat_map(move |image| (0..shape.heads).map(move |head| Self { shape, image, head }))
    }

    fn scale(&self) -> f32 {
        1.0 / (self.shape.head_width as f32).sqrt()
    }

    fn log_sum(&self) -> std::ops::Range<usize> {
        let start = (self.image * self.shape.heads + self.head) * self.shape.queries;
        start..start + self.shape.queries
    }

    /// Where this pair's columns begin in `[images, queries, d]`.
    fn query_start(&self) -> usize {
        self.image * self.shape.queries * self.shape.width() + self.head * self.shape.head_width
    }

    /// Where this pair's keys begin in `[images, keys, 2d]`; its values are `d` further.
    fn key_start(&self) -> usize {
        self.image * self.shape.keys * 2 * self.shape.width() + self.head * self.shape.head_width
    }

    /// The same for the prompts.
    fn prompt_start(&self) -> usize {
        let image = if self.shape.prompts_per_image { self.image } else { 0 };
        image * self.shape.prompts * 2 * self.shape.width() + self.head * self.shape.head_width
    }

    fn query<'a>(&self, rows: &'a [f32]) -> View<'a> {
        let shape = self.shape;
        View::rows(&rows[self.query_start()..], shape.queries, shape.head_width, shape.width())
    }

    fn kv_rows<'a>(&self, kv: &'a [f32], start: usize, rows: usize) -> View<'a> {
        let data = if rows == 0 { &[] } else { &kv[start..] };
        View::rows(data, rows, self.shape.head_width, 2 * self.shape.width())
    }

    /// Keys of the prompts and of the image's own tokens.
    fn key<'a>(&self, input: &AttentionInput<'a, Vec<f32>>) -> (View<'a>, View<'a>) {
        (
            self.kv_rows(input.prompt_kv, self.prompt_start(), self.shape.prompts),
            self.kv_rows(input.kv, self.key_start(), self.shape.keys),
        )
    }

    /// Values of the prompts and of the image's own tokens.
    fn value<'a>(&self, input: &AttentionInput<'a, Vec<f32>>) -> (View<'a>, View<'a>) {
        let width = self.shape.width();
        (
            self.kv_rows(input.prompt_kv, self.prompt_start() + width, self.shape.prompts),
            self.kv_rows(input.kv, self.key_start() + width, self.shape.keys),
        )
    }

    /// The prompt columns and the own columns of a score matrix.
    fn split<'a>(&self, scores: &'a [f32]) -> (View<'a>, View<'a>) {
        let shape = self.shape;
        let left = View::rows(scores, shape.queries, shape.prompts, shape.columns());
        let right =
            View::rows(&scores[shape.prompts..], shape.queries, shape.keys, shape.columns());
        (left, right)
    }

    /// `out = alpha * rows [keys]ᵀ`, prompts first.
    fn against(&self, out: &mut [f32], alpha: f32, rows: View<'_>, keys: (View<'_>, View<'_>)) {
        let shape = self.shape;
        let columns = shape.columns();
        let right = ViewMut::rows(&mut out[shape.prompts..], shape.queries, shape.keys, columns);
        gemm(right, Into::Replace, alpha, rows, keys.1.t());
        if shape.prompts > 0 {
            let left = ViewMut::rows(out, shape.queries, shape.prompts, columns);
            gemm(left, Into::Replace, alpha, rows, keys.0.t());
        }
    }

    fn scores(&self, scores: &mut [f32], input: &AttentionInput<'_, Vec<f32>>) {
        self.against(scores, self.scale(), self.query(input.query), self.key(input));
    }

    fn d_probabilities(&self, d: &mut [f32], d_out: &[f32], input: &AttentionInput<'_, Vec<f32>>) {
        self.against(d, 1.0, self.query(d_out), self.value(input));
    }

    /// Adds to the key and value gradients in `d_kv`, whose rows for this pair begin at `start`.
    fn kv_grad(
        &self,
        d_kv: &mut [f32],
        start: usize,
        columns: (View<'_>, View<'_>, usize),
        d_out: &[f32],
        input: &AttentionInput<'_, Vec<f32>>,
    ) {
        let (p, d, rows) = columns;
        let (width, head_width) = (self.shape.width(), self.shape.head_width);
        let target = |from: usize| from..from + (rows - 1) * 2 * width + head_width;
        let keys = ViewMut::rows(&mut d_kv[target(start)], rows, head_width, 2 * width);
        gemm(keys, Into::Add, self.scale(), d.t(), self.query(input.query));
        let values = ViewMut::rows(&mut d_kv[target(start + width)], rows, head_width, 2 * width);
        gemm(values, Into::Add, 1.0, p.t(), self.query(d_out));
    }

    fn prompt_grad(
        &self,
        d_prompt_kv: &mut [f32],
        p: &[f32],
        d: &[f32],
        d_out: &[f32],
        input: &AttentionInput<'_, Vec<f32>>,
    ) {
        let columns = (self.split(p).0, self.split(d).0, self.shape.prompts);
        self.kv_grad(d_prompt_kv, self.prompt_start(), columns, d_out, input);
    }

    fn own_grad(
        &self,
        d_query: &mut [f32],
        d_kv: &mut [f32],
        p: &[f32],
        d: &[f32],
        d_out: &[f32],
        input: &AttentionInput<'_, Vec<f32>>,
    ) {
        let shape = self.shape;
        let columns = (self.split(p).1, self.split(d).1, shape.keys);
        self.kv_grad(d_kv, self.key_start(), columns, d_out, input);
        let (left, right) = self.split(d);
        let (prompt_keys, keys) = self.key(input);
        let size = (shape.queries, shape.head_width, shape.width());
        let target = &mut d_query[self.query_start()..];
        gemm(
            ViewMut::rows(target, size.0, size.1, size.2),
            Into::Replace,
            self.scale(),
            right,
            keys,
        );
        if shape.prompts > 0 {
            let target = ViewMut::rows(target, size.0, size.1, size.2);
            gemm(target, Into::Add, self.scale(), left, prompt_keys);
        }
    }
}
