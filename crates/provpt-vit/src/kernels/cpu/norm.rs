//! LayerNorm and its input gradient, a row at a time.

use super::elementwise::fold2;
use super::vectorized::vectorized;

vectorized! {
    /// `stats` gets (mean, 1 / std) per row.
    fn norm<'a>(
        y: &'a mut [f32],
        stats: &'a mut [f32],
        x: &'a [f32],
        weight: &'a [f32],
        bias: &'a [f32],
        eps: f32,
    ) {
        let width = weight.len();
        let inverse = 1.0 / width as f32;
        let rows = y.chunks_exact_mut(width).zip(x.chunks_exact(width));
        for ((y, x), stats) in rows.zip(stats.chunks_exact_mut(2)) {
            let mean = fold2(x, x, |x, _| x) * inverse;
            let variance = fold2(x, x, |x, _| (x - mean) * (x - mean)) * inverse;
            let scale = 1.0 / (variance + eps).sqrt();
            for (((y, &x), &w), &b) in y.iter_mut().zip(x).zip(weight).zip(bias) {
                *y = (x - mean) * scale * w + b;
            }
            stats.copy_from_slice(&[mean, scale]);
        }
    }
}

vectorized! {
    /// `dx += scale * (g - mean(g) - n * mean(g n))` with `g = dy * weight`, `n` the normalized row.
    fn norm_grad<'a>(
        dx: &'a mut [f32],
        dy: &'a [f32],
        x: &'a [f32],
        stats: &'a [f32],
        weight: &'a [f32],
    ) {
        let width = weight.len();
        let inverse = 1.0 / width as f32;
        let rows = dx.chunks_exact_mut(width).zip(dy.chunks_exact(width));
        for (((dx, dy), x), stats) in
            rows.zip(x.chunks_exact(width)).zip(stats.chunks_exact(2))
        {
            let (mean, scale) = (stats[0], stats[1]);
            let g_mean = fold2(dy, weight, |dy, w| dy * w) * inverse;
            let along = projection(dy, x, weight, mean, scale) * inverse;
            for (((dx, &dy), &x), &w) in dx.iter_mut().zip(dy).zip(x).zip(weight) {
                *dx += scale * (dy * w - g_mean - (x - mean) * scale * along);
            }
        }
    }
}

/// `sum g n`: the gradient along the normalized row.
#[inline(always)]
fn projection(dy: &[f32], x: &[f32], weight: &[f32], mean: f32, scale: f32) -> f32 {
    const LANES: usize = 16;
    let mut lanes = [0.0f32; LANES];
    let main = x.len() / LANES * LANES;
    let chunks = dy[..main].chunks_exact(LANES).zip(x[..main].chunks_exact(LANES));
    for ((dy, x), w) in chunks.zip(weight[..main].chunks_exact(LANES)) {
        for (((lane, &dy), &x), &w) in lanes.iter_mut().zip(dy).zip(x).zip(w) {
            *lane += dy * w * ((x - mean) * scale);
        }
    }
    let rest: f32 = (main..x.len()).map(|i| dy[i] * weight[i] * ((x[i] - mean) * scale)).sum();
    lanes.iter().sum::<f32>() + rest
}
