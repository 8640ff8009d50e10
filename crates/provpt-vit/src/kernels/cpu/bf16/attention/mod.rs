//! Attention in bf16: 32 queries at a time, whose scores stay near the core from the product that
//! makes them to the one that reads them.

mod backward;
mod operands;
mod softmax;
#[cfg(test)]
mod tests;

pub(in crate::kernels::cpu) use backward::backward;
use operands::Operands;

use super::finish;
use super::packed::{Line, Panels, SIDE};
use super::product::{Block, Place};
use super::unit::{Path, Unit};
use crate::kernels::cpu::pair::{Pair, Part};
use crate::kernels::{AttentionInput, AttentionShape};

/// See [`crate::kernels::Layers::attention`].
pub(in crate::kernels::cpu) fn forward(
    path: Path,
    out: &mut [f32],
    log_sum: &mut [f32],
    input: &AttentionInput<'_, Vec<f32>>,
    shape: AttentionShape,
) {
    operands::with(|o| {
        let mut unit = Unit::new(path);
        for pair in Pair::all(shape) {
            o.keys.take_turned(pair.stack(input, Part::Keys));
            o.values.take(pair.stack(input, Part::Values));
            o.queries.take(pair.rows(input.query));
            let log_sum = log_sum[pair.log_sum()].chunks_mut(SIDE);
            for (block, log_sum) in log_sum.enumerate() {
                let (count, columns) = (log_sum.len(), shape.columns());
                o.scores(&mut unit, &pair, input, block);
                o.weights.fit(SIDE, columns);
                let scale = pair.scale();
                let inverse =
                    softmax::weights(&mut o.weights.lines, &mut o.scores, columns, scale, log_sum);
                let out = pair.rows_mut(out);
                rows_times(&mut unit, o.weights.block(0), &o.values, |sums, column, columns| {
                    let place = Place { row: block * SIDE, column, rows: count, columns };
                    finish::scaled(out.data, out.stride, &inverse, sums, place);
                });
            }
        }
    });
}

/// 32 rows times a matrix; `finish` gets each block of sums, its first column, and how many there
/// are.
fn rows_times(
    unit: &mut Unit,
    rows: [&[Line]; 2],
    matrix: &Panels,
    mut finish: impl FnMut(&Block, usize, usize),
) {
    let mut sums = Block::ZERO;
    for index in 0..matrix.count() {
        unit.multiply(&mut sums, rows, matrix.panel(index), &[]);
        let column = index * SIDE;
        finish(&sums, column, SIDE.min(matrix.columns - column));
    }
}

impl Operands {
    /// Scores of 32 queries, without their scale.
    fn scores(
        &mut self,
        unit: &mut Unit,
        pair: &Pair,
        input: &AttentionInput<'_, Vec<f32>>,
        block: usize,
    ) {
        times_all(unit, self.queries.block(block), &self.keys, &mut self.scores);
        let Some(logits) = input.prompt_logits else { return };
        let inverse = 1.0 / pair.scale();
        let logits = logits[..pair.shape.prompts].chunks(SIDE);
        for (scores, logits) in self.scores.iter_mut().zip(logits) {
            for row in &mut scores.0 {
                row.iter_mut().zip(logits).for_each(|(score, logit)| *score += inverse * logit);
            }
        }
    }
}

/// 32 rows times a matrix, a block per panel.
fn times_all(unit: &mut Unit, rows: [&[Line]; 2], matrix: &Panels, sums: &mut Vec<Block>) {
    sums.resize(matrix.count(), Block::ZERO);
    for (index, sums) in sums.iter_mut().enumerate() {
        unit.multiply(sums, rows, matrix.panel(index), &[]);
    }
}
