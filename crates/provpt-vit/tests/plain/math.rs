//! The operations, one row at a time.

use std::f64::consts::FRAC_1_SQRT_2;

/// `y = W x + b`, W `[outputs, inputs]`.
pub(super) fn linear(x: &[f64], weight: &[f64], bias: &[f64]) -> Vec<f64> {
    assert_eq!(weight.len(), x.len() * bias.len(), "a linear map's shape");
    let mut y = bias.to_vec();
    for output in 0..y.len() {
        for input in 0..x.len() {
            y[output] += weight[output * x.len() + input] * x[input];
        }
    }
    y
}

/// LayerNorm with the biased variance.
pub(super) fn layer_norm(x: &[f64], weight: &[f64], bias: &[f64], eps: f64) -> Vec<f64> {
    let (mean, spread) = moments(x, eps);
    let mut y = Vec::new();
    for i in 0..x.len() {
        y.push((x[i] - mean) / spread * weight[i] + bias[i]);
    }
    y
}

/// Mean and `sqrt(variance + eps)`.
pub(super) fn moments(x: &[f64], eps: f64) -> (f64, f64) {
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / x.len() as f64;
    (mean, (variance + eps).sqrt())
}

/// `exp(s) / sum exp(s)`.
pub(super) fn softmax(scores: &[f64]) -> Vec<f64> {
    let peak = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let exps: Vec<f64> = scores.iter().map(|s| (s - peak).exp()).collect();
    let sum: f64 = exps.iter().sum();
    exps.iter().map(|e| e / sum).collect()
}

/// `x Phi(x)`, exactly.
pub(super) fn gelu(x: f64) -> f64 {
    0.5 * x * libm::erfc(-x * FRAC_1_SQRT_2)
}
