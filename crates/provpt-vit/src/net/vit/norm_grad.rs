//! LayerNorm's gradient at a prompt, on the host.

/// The gradient of a LayerNorm at one prompt, and its component along the prompt.
///
/// That component, `<d loss / d p, p>`, is a sum that cancels almost entirely: LayerNorm ignores
/// scale but for its eps. Written out it is `eps / (var + eps) * sum(g n)`, with `g = dy * weight`
/// and `n` the normalized row, which has no cancellation.
pub(super) fn norm_grad(x: &[f32], dy: &[f32], weight: &[f32], eps: f32) -> (Vec<f64>, f64) {
    let inverse = 1.0 / x.len() as f64;
    let mean = x.iter().map(|&x| f64::from(x)).sum::<f64>() * inverse;
    let variance = x.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() * inverse;
    let scale = 1.0 / (variance + f64::from(eps)).sqrt();
    let g: Vec<f64> = dy.iter().zip(weight).map(|(&d, &w)| f64::from(d) * f64::from(w)).collect();
    let n: Vec<f64> = x.iter().map(|&x| (f64::from(x) - mean) * scale).collect();
    let g_mean = g.iter().sum::<f64>() * inverse;
    let along: f64 = g.iter().zip(&n).map(|(g, n)| g * n).sum();
    let grad = g.iter().zip(&n).map(|(g, n)| scale * (g - g_mean - n * along * inverse)).collect();
    (grad, along * f64::from(eps) / (variance + f64::from(eps)))
}

#[cfg(test)]
mod tests {
    use super::norm_grad;

    #[test]
    fn the_gate_is_the_gradient_along_the_prompt() {
        let x: Vec<f32> = (0..16).map(|i| ((i * 7) % 5) as f32 * 1e-3).collect();
        let dy: Vec<f32> = (0..16).map(|i| ((i * 3) % 7) as f32 - 3.0).collect();
        let weight: Vec<f32> = (0..16).map(|i| 1.0 + i as f32 / 16.0).collect();
        let (grad, gate) = norm_grad(&x, &dy, &weight, 1e-6);
        let dot: f64 = grad.iter().zip(&x).map(|(g, &x)| g * f64::from(x)).sum();
        assert!((dot - gate).abs() < 1e-9 * gate.abs().max(1.0), "{dot} {gate}");
        assert!(gate.abs() > 1e-3, "the test needs a gate that matters");
    }
}
