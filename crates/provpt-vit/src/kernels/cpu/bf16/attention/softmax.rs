//! Softmax of 32 rows of scores, and its derivative. A row lies in blocks of 32 columns; whatever is
//! computed of it, blocks are gone through one after the other.

use std::array::from_fn;
use std::f32::consts::{LN_2, LOG2_E};

use crate::kernels::cpu::bf16::packed::{Line, SIDE, TILE};
use crate::kernels::cpu::bf16::product::Block;
use crate::kernels::cpu::bf16::quick::exp2;
use crate::kernels::cpu::bf16::round::round;
use crate::kernels::cpu::vectorized::vectorized;

/// Partial results of each row.
type Lanes = [[f32; TILE]; SIDE];

vectorized! {
    /// Rounds the numerators of each row's softmax, as rows of a product; gives back the inverse of
    /// each denominator. `log_sum` gets log(sum(exp(scale * scores))).
    fn weights<'a>(
        lines: &'a mut [Line],
        scores: &'a mut [Block],
        columns: usize,
        scale: f32,
        log_sum: &'a mut [f32],
    ) -> [f32; SIDE] {
        end(scores, columns);
        // Powers of 2 are the quicker ones.
        let scale = LOG2_E * scale;
        let peaks = peaks(scores).map(|peak| scale * peak);
        let mut totals: Lanes = [[0.0; TILE]; SIDE];
        let steps = scores.len();
        for (step, block) in scores.iter().enumerate() {
            for (row, (values, total)) in block.0.iter().zip(&mut totals).enumerate() {
                let line = &mut lines[(row / TILE * steps + step) * TILE + row % TILE].0;
                let halves = line.as_chunks_mut::<TILE>().0.iter_mut();
                for (line, values) in halves.zip(values.as_chunks::<TILE>().0) {
                    for lane in 0..TILE {
                        let x = exp2(scale.mul_add(values[lane], -peaks[row]));
                        total[lane] += x;
                        line[lane] = round(x);
                    }
                }
            }
        }
        let totals = totals.map(|lanes| lanes.iter().sum::<f32>());
        for ((log_sum, peak), total) in log_sum.iter_mut().zip(peaks).zip(totals) {
            *log_sum = LN_2 * peak + total.ln();
        }
        totals.map(|total| 1.0 / total)
    }
}

vectorized! {
    /// Turns scores into probabilities again; gives back each row's sum of p d, with d loss / d p in
    /// `slopes`. Rows without `log_sum` become 0.
    fn probabilities<'a>(
        scores: &'a mut [Block],
        slopes: &'a [Block],
        columns: usize,
        scale: f32,
        log_sum: &'a [f32],
    ) -> [f32; SIDE] {
        end(scores, columns);
        let scale = LOG2_E * scale;
        let log_sum: [f32; SIDE] =
            from_fn(|row| log_sum.get(row).map_or(f32::INFINITY, |log_sum| LOG2_E * log_sum));
        let mut sums: Lanes = [[0.0; TILE]; SIDE];
        for (p, d) in scores.iter_mut().zip(slopes) {
            for (row, ((p, d), sum)) in p.0.iter_mut().zip(&d.0).zip(&mut sums).enumerate() {
                let halves = p.as_chunks_mut::<TILE>().0.iter_mut();
                for (p, d) in halves.zip(d.as_chunks::<TILE>().0) {
                    for lane in 0..TILE {
                        p[lane] = exp2(scale.mul_add(p[lane], -log_sum[row]));
                        sum[lane] += p[lane] * d[lane];
                    }
                }
            }
        }
        sums.map(|lanes| lanes.iter().sum())
    }
}

vectorized! {
    /// Turns d = d loss / d p into d loss / d score, `p * (d - mean)`, and adds its column sums.
    fn slopes<'a>(
        slopes: &'a mut [Block],
        probabilities: &'a [Block],
        means: &'a [f32; SIDE],
        column_sums: &'a mut [f32],
    ) {
        let blocks = slopes.iter_mut().zip(probabilities).zip(column_sums.chunks_mut(SIDE));
        for ((d, p), sums) in blocks {
            let mut all = [0.0; SIDE];
            for ((d, p), mean) in d.0.iter_mut().zip(&p.0).zip(means) {
                for column in 0..SIDE {
                    d[column] = p[column] * (d[column] - mean);
                    all[column] += d[column];
                }
            }
            sums.iter_mut().zip(all).for_each(|(sum, part)| *sum += part);
        }
    }
}

/// Takes no column beyond the last into account.
#[inline(always)]
fn end(scores: &mut [Block], columns: usize) {
    let Some(last) = scores.last_mut() else { return };
    let inside = columns - (columns - 1) / SIDE * SIDE;
    last.0.iter_mut().for_each(|row| row[inside..].fill(f32::NEG_INFINITY));
}

/// The largest value of each row.
#[inline(always)]
fn peaks(scores: &[Block]) -> [f32; SIDE] {
    let mut peaks: Lanes = [[f32::NEG_INFINITY; TILE]; SIDE];
    for block in scores {
        for (peak, values) in peaks.iter_mut().zip(&block.0) {
            for values in values.as_chunks::<TILE>().0 {
                for lane in 0..TILE {
                    let x = values[lane];
                    peak[lane] = if x > peak[lane] { x } else { peak[lane] };
                }
            }
        }
    }
    peaks.map(|lanes| lanes.into_iter().fold(f32::NEG_INFINITY, f32::max))
}
