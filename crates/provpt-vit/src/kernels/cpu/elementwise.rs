//! GELU, residual branches and sums: one pass over memory each.

use super::math;
use super::vectorized::vectorized;

vectorized! {
    fn gelu<'a>(y: &'a mut [f32], x: &'a [f32]) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = math::gelu(x);
        }
    }
}

vectorized! {
    /// `x = x + bias`, row by row, and `y = gelu(x)`.
    fn biased_gelu<'a>(y: &'a mut [f32], x: &'a mut [f32], bias: &'a [f32]) {
        let width = bias.len();
        for (y, x) in y.chunks_exact_mut(width).zip(x.chunks_exact_mut(width)) {
            for ((y, x), &bias) in y.iter_mut().zip(x).zip(bias) {
                *x += bias;
                *y = math::gelu(*x);
            }
        }
    }
}

vectorized! {
    fn gelu_grad<'a>(d: &'a mut [f32], x: &'a [f32]) {
        for (d, &x) in d.iter_mut().zip(x) {
            *d *= math::gelu_slope(x);
        }
    }
}

vectorized! {
    fn add<'a>(y: &'a mut [f32], x: &'a [f32]) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y += x;
        }
    }
}

vectorized! {
    /// `y = x + branch`.
    fn sum<'a>(y: &'a mut [f32], x: &'a [f32], branch: &'a [f32]) {
        for ((y, &x), &b) in y.iter_mut().zip(x).zip(branch) {
            *y = x + b;
        }
    }
}

vectorized! {
    /// `y = x + (branch + bias)`, row by row.
    fn biased_sum<'a>(y: &'a mut [f32], x: &'a [f32], branch: &'a [f32], bias: &'a [f32]) {
        let width = bias.len();
        let rows = y.chunks_exact_mut(width).zip(x.chunks_exact(width));
        for ((y, x), branch) in rows.zip(branch.chunks_exact(width)) {
            for (((y, &x), &b), &bias) in y.iter_mut().zip(x).zip(branch).zip(bias) {
                *y = x + (b + bias);
            }
        }
    }
}

vectorized! {
    /// `y = x + scale * branch`, row by row.
    fn scaled_sum<'a>(y: &'a mut [f32], x: &'a [f32], branch: &'a [f32], scale: &'a [f32]) {
        let width = scale.len();
        let rows = y.chunks_exact_mut(width).zip(x.chunks_exact(width));
        for ((y, x), branch) in rows.zip(branch.chunks_exact(width)) {
            for (((y, &x), &b), &s) in y.iter_mut().zip(x).zip(branch).zip(scale) {
                *y = x + s * b;
            }
        }
    }
}

vectorized! {
    /// `y = x + scale * (branch + bias)`, row by row.
    fn biased_scaled_sum<'a>(
        y: &'a mut [f32],
        x: &'a [f32],
        branch: &'a [f32],
        bias: &'a [f32],
        scale: &'a [f32],
    ) {
        let width = bias.len();
        let rows = y.chunks_exact_mut(width).zip(x.chunks_exact(width));
        for ((y, x), branch) in rows.zip(branch.chunks_exact(width)) {
            let maps = bias.iter().zip(scale);
            for (((y, &x), &b), (&bias, &scale)) in y.iter_mut().zip(x).zip(branch).zip(maps) {
                *y = x + scale * (b + bias);
            }
        }
    }
}

vectorized! {
    /// `y = scale * x`, row by row.
    fn scale_columns<'a>(y: &'a mut [f32], x: &'a [f32], scale: &'a [f32]) {
        let width = scale.len();
        for (y, x) in y.chunks_exact_mut(width).zip(x.chunks_exact(width)) {
            for ((y, &x), &s) in y.iter_mut().zip(x).zip(scale) {
                *y = s * x;
            }
        }
    }
}

vectorized! {
    /// `y = scale * y + shift`, row by row.
    fn scale_and_shift<'a>(y: &'a mut [f32], scale: &'a [f32], shift: &'a [f32]) {
        for y in y.chunks_exact_mut(scale.len()) {
            for ((y, &scale), &shift) in y.iter_mut().zip(scale).zip(shift) {
                *y = scale * *y + shift;
            }
        }
    }
}

vectorized! {
    /// `y = scale * y`, row by row.
    fn scale_in_place<'a>(y: &'a mut [f32], scale: &'a [f32]) {
        for y in y.chunks_exact_mut(scale.len()) {
            for (y, &scale) in y.iter_mut().zip(scale) {
                *y *= scale;
            }
        }
    }
}

/// Independent partial sums: without them a sum is one long chain that cannot be vectorized.
const LANES: usize = 16;

/// `sum of f(a, b)` over two rows.
#[inline(always)]
pub(super) fn fold2(a: &[f32], b: &[f32], f: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let (a_main, a_rest) = a.split_at(a.len() / LANES * LANES);
    let (b_main, b_rest) = b.split_at(a_main.len());
    for (a, b) in a_main.chunks_exact(LANES).zip(b_main.chunks_exact(LANES)) {
        for ((lane, &a), &b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += f(a, b);
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(&a, &b)| f(a, b)).sum();
    lanes.iter().sum::<f32>() + rest
}

/// The largest value of a row.
#[inline(always)]
pub(super) fn max(row: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let chunks = row.chunks_exact(LANES);
    for (lane, &x) in lanes.iter_mut().zip(chunks.remainder()) {
        *lane = if x > *lane { x } else { *lane };
    }
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane = if x > *lane { x } else { *lane };
        }
    }
    lanes.iter().copied().fold(f32::NEG_INFINITY, f32::max)
}
