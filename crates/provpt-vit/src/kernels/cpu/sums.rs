//! Sums over rows: gradients of what all rows share.

use super::vectorized::vectorized;

vectorized! {
    /// `sum += ` every row of `x`.
    fn columns<'a>(sum: &'a mut [f32], x: &'a [f32]) {
        for x in x.chunks_exact(sum.len()) {
            for (sum, &x) in sum.iter_mut().zip(x) {
                *sum += x;
            }
        }
    }
}

vectorized! {
    /// `sum += ` every row of `x * y`.
    fn products<'a>(sum: &'a mut [f32], x: &'a [f32], y: &'a [f32]) {
        let width = sum.len();
        for (x, y) in x.chunks_exact(width).zip(y.chunks_exact(width)) {
            for ((sum, &x), &y) in sum.iter_mut().zip(x).zip(y) {
                *sum += x * y;
            }
        }
    }
}

vectorized! {
    /// `sum += ` every row of `dy` times the normalized `x`; `stats` are (mean, 1 / std) per row.
    fn normalized<'a>(sum: &'a mut [f32], dy: &'a [f32], x: &'a [f32], stats: &'a [f32]) {
        let width = sum.len();
        let rows = dy.chunks_exact(width).zip(x.chunks_exact(width));
        for ((dy, x), stats) in rows.zip(stats.chunks_exact(2)) {
            let (mean, scale) = (stats[0], stats[1]);
            for ((sum, &dy), &x) in sum.iter_mut().zip(dy).zip(x) {
                *sum += dy * ((x - mean) * scale);
            }
        }
    }
}
