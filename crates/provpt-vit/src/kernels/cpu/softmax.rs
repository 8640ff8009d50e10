//! Softmax over the rows of a score matrix, and its derivative.

use super::elementwise::{fold2, max};
use super::math;
use super::vectorized::vectorized;

vectorized! {
    /// Replaces each row of scores by its softmax; `log_sum` gets log(sum(exp(scores))).
    fn softmax<'a>(scores: &'a mut [f32], columns: usize, log_sum: &'a mut [f32]) {
        for (row, log_sum) in scores.chunks_exact_mut(columns).zip(log_sum) {
            let peak = max(row);
            for x in row.iter_mut() {
                *x = math::exp(*x - peak);
            }
            let total = fold2(row, row, |x, _| x);
            let inverse = 1.0 / total;
            for x in row.iter_mut() {
                *x *= inverse;
            }
            *log_sum = peak + total.ln();
        }
    }
}

vectorized! {
    /// Recomputes the softmax of each row from its `log_sum`.
    fn softmax_again<'a>(scores: &'a mut [f32], columns: usize, log_sum: &'a [f32]) {
        for (row, &log_sum) in scores.chunks_exact_mut(columns).zip(log_sum) {
            for x in row {
                *x = math::exp(*x - log_sum);
            }
        }
    }
}

vectorized! {
    /// Turns `d` = d loss / d probability into d loss / d score: `p * (d - sum(p d))`, and adds
    /// its column sums to `column_sums`.
    fn softmax_grad<'a>(
        d: &'a mut [f32],
        probabilities: &'a [f32],
        columns: usize,
        column_sums: &'a mut [f32],
    ) {
        for (d, p) in d.chunks_exact_mut(columns).zip(probabilities.chunks_exact(columns)) {
            let mean = fold2(d, p, |d, p| d * p);
            for ((d, &p), sum) in d.iter_mut().zip(p).zip(column_sums.iter_mut()) {
                *d = p * (*d - mean);
                *sum += *d;
            }
        }
    }
}
