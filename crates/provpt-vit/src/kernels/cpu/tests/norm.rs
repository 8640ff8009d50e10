//! LayerNorm and its gradient.

use proptest::prelude::*;

use super::super::norm::{norm, norm_grad};
use super::{assert_within, cases, largest, values, width};

const EPS: f32 = 1e-6;

/// A row's mean and 1 / std.
fn moments(x: &[f32]) -> (f64, f64) {
    let n = x.len() as f64;
    let mean = x.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
    let variance = x.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / n;
    (mean, 1.0 / (variance + f64::from(EPS)).sqrt())
}

/// Rows with a mean, as tokens have.
fn rows(seed: u64, count: usize, width: usize, mean: f32) -> Vec<f32> {
    values(seed, count * width, 2.0).into_iter().map(|x| x + mean).collect()
}

/// What one rounding of `x` becomes behind the norm, with some to spare.
fn rounding(x: &[f32]) -> f64 {
    4e-7 * (1.0 + largest(x) * moments(x).1)
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn norm_is_right(width in width(), count in 0_usize..5, mean in -10.0f32..10.0, seed: u64) {
        let x = rows(seed, count, width, mean);
        let (weight, bias) = (values(seed ^ 1, width, 2.0), values(seed ^ 2, width, 2.0));
        let (mut y, mut stats) = (vec![f32::NAN; x.len()], vec![f32::NAN; 2 * count]);
        norm(&mut y, &mut stats, &x, &weight, &bias, EPS);
        for (row, x) in x.chunks_exact(width).enumerate() {
            let (mean, scale) = moments(x);
            assert_within("mean", stats[2 * row], mean, 4e-7 * largest(x))?;
            // Two to spread: the relative error of a variance is twice that of its terms.
            assert_within("scale", stats[2 * row + 1], scale, scale * 2.0 * rounding(x))?;
            for (i, &x_i) in x.iter().enumerate() {
                let (w, b) = (f64::from(weight[i]), f64::from(bias[i]));
                let expected = (f64::from(x_i) - mean) * scale * w + b;
                let bound = 4.0 * rounding(x) * (1.0 + w.abs() + b.abs());
                assert_within("y", y[row * width + i], expected, bound)?;
            }
        }
    }

    #[test]
    fn norm_grad_is_right(width in width(), count in 0_usize..5, mean in -3.0f32..3.0, seed: u64) {
        let (x, dy) = (rows(seed, count, width, mean), values(seed ^ 3, count * width, 1.0));
        let (weight, before) = (values(seed ^ 1, width, 2.0), values(seed ^ 4, x.len(), 1.0));
        let (mut y, mut stats) = (vec![0.0; x.len()], vec![0.0; 2 * count]);
        norm(&mut y, &mut stats, &x, &weight, &vec![0.0; width], EPS);
        let mut dx = before.clone();
        norm_grad(&mut dx, &dy, &x, &stats, &weight);
        for (row, x) in x.chunks_exact(width).enumerate() {
            let (mean, scale) = moments(x);
            let at = row * width;
            let g = |i: usize| f64::from(dy[at + i]) * f64::from(weight[i]);
            let n = |i: usize| (f64::from(x[i]) - mean) * scale;
            let g_mean = (0..width).map(g).sum::<f64>() / width as f64;
            let along = (0..width).map(|i| g(i) * n(i)).sum::<f64>() / width as f64;
            let g_size = (0..width).map(|i| g(i).abs()).fold(0.0, f64::max);
            let n_size = (0..width).map(|i| n(i).abs()).fold(0.0, f64::max);
            let bound = 4.0 * rounding(x) * (1.0 + scale * g_size * (1.0 + n_size).powi(2));
            for i in 0..width {
                let expected = f64::from(before[at + i]) + scale * (g(i) - g_mean - n(i) * along);
                assert_within("dx", dx[at + i], expected, bound)?;
            }
        }
    }
}
