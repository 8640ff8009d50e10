//! Multi-head attention over each image's own keys and values plus prompt keys and values.
//!
//! One image and head at a time, in dense matrices that stay in cache: keys and values are gathered
//! with prompts first, so that prompts and own tokens are one product; the score matrix `[queries,
//! prompts + keys]` is never stored.

use super::elementwise::add;
use super::gemm::{Into, View, ViewMut, gemm};
use super::pair::{Pair, Part};
use super::scratch;
use super::softmax::{softmax, softmax_again, softmax_grad};
use crate::kernels::{AttentionGrad, AttentionInput, AttentionShape};

/// See [`crate::kernels::Layers::attention`].
pub(super) fn forward(
    out: &mut [f32],
    log_sum: &mut [f32],
    input: &AttentionInput<'_, Vec<f32>>,
    shape: AttentionShape,
) {
    let (columns, width) = (shape.columns(), shape.head_width);
    scratch::with(columns * (shape.queries + 2 * width), |memory| {
        let (scores, memory) = memory.split_at_mut(shape.queries * columns);
        let (keys, values) = memory.split_at_mut(columns * width);
        for pair in Pair::all(shape) {
            pair.gather_transposed(keys, input, Part::Keys);
            pair.gather(values, input, Part::Values);
            scores_of(scores, &pair, input, keys);
            softmax(scores, columns, &mut log_sum[pair.log_sum()]);
            let weights = View::rows(scores, shape.queries, columns, columns);
            gemm(
                pair.rows_mut(out),
                Into::Replace,
                1.0,
                weights,
                View::rows(values, columns, width, width),
            );
        }
    });
}

/// `scores = q kᵀ / sqrt(head width)`, and what is added to those of prompts, given `kᵀ`.
fn scores_of(scores: &mut [f32], pair: &Pair, input: &AttentionInput<'_, Vec<f32>>, keys: &[f32]) {
    let (columns, width) = (pair.shape.columns(), pair.shape.head_width);
    let into = ViewMut::rows(scores, pair.shape.queries, columns, columns);
    let keys = View::rows(keys, width, columns, columns);
    gemm(into, Into::Replace, pair.scale(), pair.rows(input.query), keys);
    add_logits(scores, columns, input, pair.shape.prompts);
}

/// Adds what is added to the logits of prompts, the first columns.
pub(super) fn add_logits(
    scores: &mut [f32],
    columns: usize,
    input: &AttentionInput<'_, Vec<f32>>,
    prompts: usize,
) {
    let Some(logits) = input.prompt_logits.filter(|_| prompts > 0) else { return };
    for row in scores.chunks_exact_mut(columns) {
        add(&mut row[..prompts], &logits[..prompts]);
    }
}

/// See [`crate::kernels::Layers::attention_grad`].
pub(super) fn backward(
    grad: AttentionGrad<'_, Vec<f32>>,
    d_out: &[f32],
    input: &AttentionInput<'_, Vec<f32>>,
    log_sum: &[f32],
    shape: AttentionShape,
) {
    let columns = shape.columns();
    let (square, tall) = (shape.queries * columns, columns * shape.head_width);
    let AttentionGrad { mut own, prompt_kv, logits } = grad;
    scratch::with(2 * square + tall, |memory| {
        let (p, memory) = memory.split_at_mut(square);
        let (d, rows) = memory.split_at_mut(square);
        for pair in Pair::all(shape) {
            pair.gather_transposed(rows, input, Part::Keys);
            scores_of(p, &pair, input, rows);
            softmax_again(p, columns, &log_sum[pair.log_sum()]);
            pair.gather_transposed(rows, input, Part::Values);
            d_probabilities(d, &pair, d_out, rows);
            softmax_grad(d, p, columns, &mut logits[..columns]);
            let columns = if own.is_some() { columns } else { shape.prompts };
            for (part, weights, scale, other) in
                [(Part::Values, &*p, 1.0, d_out), (Part::Keys, &*d, pair.scale(), input.query)]
            {
                column_sums(rows, (weights, columns), scale, &pair, other);
                let (prompts, keys) = rows.split_at(shape.prompts * shape.head_width);
                pair.add_to_prompts(prompt_kv, prompts, part);
                if let Some((_, d_kv)) = own.as_mut() {
                    pair.put_to_own(d_kv, keys, part);
                }
            }
            if let Some((d_query, _)) = own.as_mut() {
                pair.gather(rows, input, Part::Keys);
                query_grad(d_query, &pair, d, rows);
            }
        }
    });
}

/// `d = d_out vᵀ`, given `vᵀ`.
fn d_probabilities(d: &mut [f32], pair: &Pair, d_out: &[f32], values: &[f32]) {
    let (columns, width) = (pair.shape.columns(), pair.shape.head_width);
    let values = View::rows(values, width, columns, columns);
    let d = ViewMut::rows(d, pair.shape.queries, columns, columns);
    gemm(d, Into::Replace, 1.0, pair.rows(d_out), values);
}

/// `out[columns, head width] = scale * weightsᵀ rows`, for the first columns of a score matrix.
fn column_sums(
    out: &mut [f32],
    (weights, columns): (&[f32], usize),
    scale: f32,
    pair: &Pair,
    rows: &[f32],
) {
    let (shape, width) = (pair.shape, pair.shape.head_width);
    let weights = View::rows(weights, shape.queries, columns, shape.columns());
    let out = ViewMut::rows(out, columns, width, width);
    gemm(out, Into::Replace, scale, weights.t(), pair.rows(rows));
}

/// `d_query = d k / sqrt(head width)`.
fn query_grad(d_query: &mut [f32], pair: &Pair, d: &[f32], keys: &[f32]) {
    let (shape, width) = (pair.shape, pair.shape.head_width);
    let columns = shape.columns();
    let d = View::rows(d, shape.queries, columns, columns);
    let keys = View::rows(keys, columns, width, width);
    gemm(pair.rows_mut(d_query), Into::Replace, pair.scale(), d, keys);
}
