//! Attention within windows of a grid: one window and head at a time, in dense matrices that stay in
//! cache. Rows are taken from where they lie; nothing is rolled or cut apart beforehand.

use super::attention::add_logits;
use super::gemm::{Into, View, ViewMut, gemm};
use super::pair::Part;
use super::scratch;
use super::softmax::{softmax, softmax_again, softmax_grad};
use super::vectorized::vectorized;
use super::window_job::Job;
use crate::kernels::{APART, AttentionGrad, AttentionShape, WindowGrad, WindowInput};

/// See [`crate::kernels::Layers::window_attention`].
pub(super) fn forward(
    out: &mut [f32],
    log_sum: &mut [f32],
    input: &WindowInput<'_, Vec<f32>>,
    shape: AttentionShape,
) {
    let Some(any) = Job::all(shape, input.grid).next() else { return };
    let (queries, columns, width) = (any.queries(), any.columns(), shape.head_width);
    let (square, tall, short) = (queries * columns, columns * width, queries * width);
    let lens = [square, tall, tall, tall, short, short, input.grid.tokens()];
    scratch::with(lens.iter().sum(), |memory| {
        let [scores, keys, turned, values, query, mixed, regions] = carve(memory, lens);
        for job in Job::all(shape, input.grid) {
            job.gather_keys(keys, Some(turned), &input.rows, Part::Keys);
            job.gather_keys(values, None, &input.rows, Part::Values);
            job.gather_rows(query, input.rows.query);
            scores_of(scores, &job, input, [query, turned], regions);
            softmax(scores, columns, &mut log_sum[job.log_sum()]);
            let weights = View::rows(scores, queries, columns, columns);
            product(mixed, 1.0, weights, (values, width));
            job.put_mixed(out, mixed);
        }
    });
}

/// See [`crate::kernels::Layers::window_attention_grad`].
pub(super) fn backward(
    grad: WindowGrad<'_, Vec<f32>>,
    d_out: &[f32],
    input: &WindowInput<'_, Vec<f32>>,
    log_sum: &[f32],
    shape: AttentionShape,
) {
    let Some(any) = Job::all(shape, input.grid).next() else { return };
    let WindowGrad { attention: AttentionGrad { mut own, prompt_kv, logits }, mut bias } = grad;
    let (queries, columns, width) = (any.queries(), any.columns(), shape.head_width);
    let (square, tall, short) = (queries * columns, columns * width, queries * width);
    let lens = [square, square, tall, tall, tall, tall, short, short, input.grid.tokens()];
    scratch::with(lens.iter().sum(), |memory| {
        let [p, d, keys, turned, values, rows, query, d_mixed, regions] = carve(memory, lens);
        for job in Job::all(shape, input.grid) {
            job.gather_rows(query, input.rows.query);
            job.gather_mixed(d_mixed, d_out);
            job.gather_keys(keys, Some(turned), &input.rows, Part::Keys);
            scores_of(p, &job, input, [query, turned], regions);
            softmax_again(p, columns, &log_sum[job.log_sum()]);
            job.gather_keys(rows, Some(values), &input.rows, Part::Values);
            product(d, 1.0, View::rows(d_mixed, queries, width, width), (values, columns));
            softmax_grad(d, p, columns, &mut logits[..columns]);
            if let Some(bias) = bias.as_mut() {
                add_to_bias(&mut bias[job.bias()], d, columns, input.grid.tokens());
            }
            for (part, weights, scale, other) in
                [(Part::Values, &*p, 1.0, &*d_mixed), (Part::Keys, &*d, job.scale(), &*query)]
            {
                let wanted = if own.is_some() { columns } else { shape.prompts };
                let weights = View::rows(weights, queries, wanted, columns).t();
                product(&mut rows[..wanted * width], scale, weights, (other, width));
                job.add_to_prompts(prompt_kv, rows, part);
                if let Some((_, d_kv)) = own.as_mut() {
                    job.put_keys(d_kv, &rows[shape.prompts * width..], part);
                }
            }
            if let Some((d_query, _)) = own.as_mut() {
                let d = View::rows(d, queries, columns, columns);
                product(query, job.scale(), d, (keys, width));
                job.put_rows(d_query, query);
            }
        }
    });
}

/// Pieces of one memory.
fn carve<const N: usize>(memory: &mut [f32], lens: [usize; N]) -> [&mut [f32]; N] {
    let mut rest = memory;
    lens.map(|len| {
        let (piece, more) = std::mem::take(&mut rest).split_at_mut(len);
        rest = more;
        piece
    })
}

/// `out[a.rows, columns] = scale * a b`, of dense `out` and `b` with so many columns.
fn product(out: &mut [f32], scale: f32, a: View<'_>, (b, columns): (&[f32], usize)) {
    let b = View::rows(b, a.cols, columns, columns);
    gemm(ViewMut::rows(out, a.rows, columns, columns), Into::Replace, scale, a, b);
}

/// `scores = q kᵀ / sqrt(head width) + bias + mask`, given `kᵀ`.
fn scores_of(
    scores: &mut [f32],
    job: &Job,
    input: &WindowInput<'_, Vec<f32>>,
    [query, keys]: [&[f32]; 2],
    regions: &mut [f32],
) {
    let (queries, columns, width) = (job.queries(), job.columns(), job.shape.head_width);
    let tokens = regions.len();
    product(scores, job.scale(), View::rows(query, queries, width, width), (keys, columns));
    add_logits(scores, columns, &input.rows, job.shape.prompts);
    let own = &mut scores[(queries - tokens) * columns..];
    add_bias(own, columns, &input.bias[job.bias()], tokens);
    for (token, region) in regions.iter_mut().enumerate() {
        *region = job.grid.region(job.window, token) as f32;
    }
    if regions.iter().any(|region| *region != regions[0]) {
        set_apart(own, columns, regions);
    }
}

vectorized! {
    /// Adds `bias [tokens, tokens]` to the last columns of as many rows of scores.
    fn add_bias<'a>(scores: &'a mut [f32], columns: usize, bias: &'a [f32], tokens: usize) {
        for (row, bias) in scores.chunks_exact_mut(columns).zip(bias.chunks_exact(tokens)) {
            for (score, &bias) in row[columns - tokens..].iter_mut().zip(bias) {
                *score += bias;
            }
        }
    }
}

vectorized! {
    /// The way back of [`add_bias`]; `d` has rows of other queries in front.
    fn add_to_bias<'a>(bias: &'a mut [f32], d: &'a [f32], columns: usize, tokens: usize) {
        let own = &d[d.len() - tokens * columns..];
        for (row, bias) in own.chunks_exact(columns).zip(bias.chunks_exact_mut(tokens)) {
            for (bias, &d) in bias.iter_mut().zip(&row[columns - tokens..]) {
                *bias += d;
            }
        }
    }
}

vectorized! {
    /// Adds [`APART`] where tokens are in different regions.
    fn set_apart<'a>(scores: &'a mut [f32], columns: usize, regions: &'a [f32]) {
        let first = columns - regions.len();
        for (row, here) in scores.chunks_exact_mut(columns).zip(regions) {
            for (score, there) in row[first..].iter_mut().zip(regions) {
                *score += if here == there { 0.0 } else { APART };
            }
        }
    }
}
