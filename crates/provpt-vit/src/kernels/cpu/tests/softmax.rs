//! Softmax over rows, again from the log of its sum, and its gradient.

use proptest::prelude::*;

use super::super::softmax::{softmax, softmax_again, softmax_grad};
use super::{assert_within, cases, largest, values, width};

/// Probabilities of one row, and the log of its sum.
fn plain(scores: &[f32]) -> (Vec<f64>, f64) {
    let peak = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exps = scores.iter().map(|&s| (f64::from(s) - f64::from(peak)).exp());
    let exps: Vec<f64> = exps.collect();
    let sum: f64 = exps.iter().sum();
    (exps.iter().map(|e| e / sum).collect(), f64::from(peak) + sum.ln())
}

/// A probability's bound: that of `exp`, what rounding the distance to the peak becomes behind it,
/// and the flush to zero.
fn bound(expected: f64, distance: f64) -> f64 {
    expected * (1e-6 + 1.2e-7 * distance.abs()) + 2e-38
}

proptest! {
    #![proptest_config(cases(256))]

    /// Spreads from all equal to one alone.
    #[test]
    fn softmax_is_right(
        columns in width(),
        count in 0_usize..5,
        spread in prop_oneof![Just(0.0f32), 0.0f32..3.0, 0.0f32..300.0],
        seed: u64,
    ) {
        let scores = values(seed, count * columns, spread);
        let (mut p, mut log_sum) = (scores.clone(), vec![f32::NAN; count]);
        softmax(&mut p, columns, &mut log_sum);
        let mut again = scores.clone();
        softmax_again(&mut again, columns, &log_sum);
        for (row, scores) in scores.chunks_exact(columns).enumerate() {
            let (expected, expected_log) = plain(scores);
            let size = 1.0 + largest(scores) + expected_log.abs();
            assert_within("log sum", log_sum[row], expected_log, 2e-7 * size)?;
            let got = &p[row * columns..][..columns];
            let total: f64 = got.iter().map(|&p| f64::from(p)).sum();
            prop_assert!((total - 1.0).abs() < 1e-6, "sum {total}");
            for (i, &p) in got.iter().enumerate() {
                assert_within("p", p, expected[i], bound(expected[i], expected[i].max(1e-38).ln()))?;
                // The log of the sum is itself rounded, which is all the worse the larger it is.
                let from_log = (f64::from(scores[i]) - f64::from(log_sum[row])).exp();
                let distance = f64::from(scores[i]) - f64::from(log_sum[row]);
                let p = again[row * columns + i];
                assert_within("p again", p, from_log, bound(from_log, distance))?;
                let rounding = expected[i] * (1e-6 + 1e-6 * size) + 2e-38;
                assert_within("p again", p, expected[i], rounding)?;
            }
        }
    }

    #[test]
    fn softmax_grad_is_right(columns in width(), count in 0_usize..5, seed: u64) {
        let mut p = values(seed, count * columns, 3.0);
        softmax(&mut p, columns, &mut vec![0.0; count]);
        let d = values(seed ^ 1, p.len(), 1.0);
        let before = values(seed ^ 2, columns, 1.0);
        let (mut got, mut sums) = (d.clone(), before.clone());
        softmax_grad(&mut got, &p, columns, &mut sums);
        let mut expected_sums: Vec<f64> = before.iter().map(|&b| f64::from(b)).collect();
        for (row, (d, p)) in d.chunks_exact(columns).zip(p.chunks_exact(columns)).enumerate() {
            let mean: f64 = d.iter().zip(p).map(|(&d, &p)| f64::from(d) * f64::from(p)).sum();
            for i in 0..columns {
                let expected = f64::from(p[i]) * (f64::from(d[i]) - mean);
                expected_sums[i] += expected;
                assert_within("d", got[row * columns + i], expected, 1e-6 * f64::from(p[i]))?;
            }
        }
        for (got, expected) in sums.into_iter().zip(expected_sums) {
            assert_within("column sum", got, expected, 1e-6)?;
        }
    }
}
