//! The way back through attention.

use super::operands::{self, Operands, Outer};
use super::{rows_times, softmax, times_all};
use crate::kernels::cpu::bf16::finish;
use crate::kernels::cpu::bf16::packed::SIDE;
use crate::kernels::cpu::bf16::packing::pack_rows_of_blocks;
use crate::kernels::cpu::bf16::product::{Block, Place};
use crate::kernels::cpu::bf16::unit::{Path, Unit};
use crate::kernels::cpu::gemm::View;
use crate::kernels::cpu::pair::{Pair, Part};
use crate::kernels::cpu::transpose::Turn;
use crate::kernels::{AttentionGrad, AttentionInput, AttentionShape};

/// See [`crate::kernels::Layers::attention_grad`].
pub(in crate::kernels::cpu) fn backward(
    path: Path,
    grad: AttentionGrad<'_, Vec<f32>>,
    d_out: &[f32],
    input: &AttentionInput<'_, Vec<f32>>,
    log_sum: &[f32],
    shape: AttentionShape,
) {
    let AttentionGrad { mut own, prompt_kv, logits } = grad;
    operands::with(|o| {
        let mut unit = Unit::new(path);
        for pair in Pair::all(shape) {
            o.take(&pair, input, d_out, own.is_some());
            for (block, log_sum) in log_sum[pair.log_sum()].chunks(SIDE).enumerate() {
                o.slopes(&mut unit, (&pair, input), block, log_sum, logits);
                if let Some((d_query, _)) = own.as_mut() {
                    o.query_grad(&mut unit, &pair, block, d_query);
                }
            }
            for (part, outer, scale) in
                [(Part::Values, &o.back.values, 1.0), (Part::Keys, &o.back.scores, pair.scale())]
            {
                let d_own = own.as_mut().map(|(_, d_kv)| &mut d_kv[..]);
                let mut home = Home { pair, part, scale, prompts: prompt_kv, own: d_own };
                home.all(&mut unit, outer);
            }
        }
    });
}

impl Operands {
    fn take(
        &mut self,
        pair: &Pair,
        input: &AttentionInput<'_, Vec<f32>>,
        d_out: &[f32],
        to_input: bool,
    ) {
        let (queries, d_out, back) = (pair.rows(input.query), pair.rows(d_out), &mut self.back);
        self.keys.take_turned(pair.stack(input, Part::Keys));
        self.values.take_turned(pair.stack(input, Part::Values));
        if to_input {
            back.keys.take(pair.stack(input, Part::Keys));
        }
        self.queries.take(queries);
        back.d_out.take(d_out);
        let columns = if to_input { pair.shape.columns() } else { pair.shape.prompts };
        for (outer, rows) in [(&mut back.values, d_out), (&mut back.scores, queries)] {
            outer.take_left(rows, &mut back.turned);
            outer.right.fit(pair.shape.queries, columns);
        }
    }

    /// Gradients of 32 rows of scores, packed as both products want them.
    fn slopes(
        &mut self,
        unit: &mut Unit,
        (pair, input): (&Pair, &AttentionInput<'_, Vec<f32>>),
        block: usize,
        log_sum: &[f32],
        logits: &mut [f32],
    ) {
        let (columns, scale) = (pair.shape.columns(), pair.scale());
        self.scores(unit, pair, input, block);
        let Self { values, scores, weights, back, .. } = self;
        times_all(unit, back.d_out.block(block), values, &mut back.slopes);
        let means = softmax::probabilities(scores, &back.slopes, columns, scale, log_sum);
        softmax::slopes(&mut back.slopes, scores, &means, &mut logits[..columns]);
        back.values.right.take_step(scores, block);
        back.scores.right.take_step(&back.slopes, block);
        weights.fit(SIDE, columns);
        pack_rows_of_blocks(&mut weights.lines, &back.slopes);
    }

    /// `d_query = d k / sqrt(head width)` of 32 queries.
    fn query_grad(&self, unit: &mut Unit, pair: &Pair, block: usize, d_query: &mut [f32]) {
        let (out, scale) = (pair.rows_mut(d_query), [pair.scale(); SIDE]);
        let rows = SIDE.min(out.rows - block * SIDE);
        rows_times(unit, self.weights.block(0), &self.back.keys, |sums, column, columns| {
            let place = Place { row: block * SIDE, column, rows, columns };
            finish::scaled(out.data, out.stride, &scale, sums, place);
        });
    }
}

impl Outer {
    /// Takes the left side, turned over.
    fn take_left(&mut self, rows: View<'_>, turned: &mut Vec<f32>) {
        let (count, width) = (rows.rows, rows.cols);
        if turned.len() < count * width {
            turned.resize(count * width, 0.0);
        }
        Turn::new((turned, count), (rows.data, rows.row_stride), (count, width)).run();
        self.left.take(View::rows(turned, width, count, count));
    }
}

/// Where the gradients of keys or values go.
struct Home<'a> {
    pair: Pair,
    part: Part,
    scale: f32,
    prompts: &'a mut [f32],
    own: Option<&'a mut [f32]>,
}

impl Home<'_> {
    /// Brings home `scale * (left right)ᵀ`.
    fn all(&mut self, unit: &mut Unit, outer: &Outer) {
        let width = self.pair.shape.head_width;
        let mut turned = Block::ZERO;
        for block in 0..width.div_ceil(SIDE) {
            let (first, count) = (block * SIDE, SIDE.min(width - block * SIDE));
            rows_times(unit, outer.left.block(block), &outer.right, |sums, column, columns| {
                let (to, from) = (turned.0.as_flattened_mut(), sums.0.as_flattened());
                Turn::new((to, SIDE), (from, SIDE), (count, columns)).run();
                for (index, row) in turned.0.iter().take(columns).enumerate() {
                    self.put(column + index, first, &row[..count]);
                }
            });
        }
    }

    /// Some values of a column's gradient.
    fn put(&mut self, column: usize, first: usize, values: &[f32]) {
        let (pair, scale, prompts) = (self.pair, self.scale, self.pair.shape.prompts);
        if column < prompts {
            let to = &mut self.prompts[pair.prompt(self.part, column) + first..];
            to.iter_mut().zip(values).for_each(|(to, value)| *to += scale * value);
        } else if let Some(own) = &mut self.own {
            let to = &mut own[pair.own_key(self.part, column - prompts) + first..];
            to.iter_mut().zip(values).for_each(|(to, value)| *to = scale * value);
        }
    }
}
