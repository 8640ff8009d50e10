//! Resampling of position embeddings to another grid. Both methods are separable: one matrix of
//! weights serves rows and columns.

use std::fmt;

/// How a grid of position embeddings is resampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resampling {
    /// Linear, corners aligned: the published loader of Google's npz files.
    Zoom,
    /// Cubic convolution (Keys, 1981; a = -0.5), antialiased, half-pixel centres: timm's, and
    /// PyTorch's `interpolate(mode="bicubic", antialias=True)`.
    Bicubic,
}

impl fmt::Display for Resampling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Zoom => "zoom",
            Self::Bicubic => "bicubic",
        })
    }
}

/// Resamples CLS and a square grid, `[1 + from * from, width]` to `[1 + to * to, width]`. The row
/// of CLS is untouched.
pub(crate) fn resample(
    rows: &[f32],
    width: usize,
    (from, to): (usize, usize),
    method: Resampling,
) -> Vec<f32> {
    let (cls, grid) = rows.split_at(width);
    let grid: Vec<f64> = grid.iter().map(|v| f64::from(*v)).collect();
    let weights: Vec<Vec<f64>> = (0..to).map(|i| method.weights(i, from, to)).collect();
    let tall = mix(&weights, &grid, from * width);
    let mut all = cls.to_vec();
    for line in tall.chunks_exact(from * width) {
        all.extend(mix(&weights, line, width).into_iter().map(|v| v as f32));
    }
    all
}

/// `[to, from]` times `[from, n]`.
fn mix(weights: &[Vec<f64>], values: &[f64], n: usize) -> Vec<f64> {
    let mut mixed = vec![0.0; weights.len() * n];
    for (target, weights) in mixed.chunks_exact_mut(n).zip(weights) {
        for (source, weight) in values.chunks_exact(n).zip(weights).filter(|(_, w)| **w != 0.0) {
            target.iter_mut().zip(source).for_each(|(t, s)| *t += weight * s);
        }
    }
    mixed
}

impl Resampling {
    /// What each of `from` points gives to point `i` of `to`; sums to 1.
    fn weights(self, i: usize, from: usize, to: usize) -> Vec<f64> {
        let (position, kernel): (f64, fn(f64) -> f64) = match self {
            Self::Zoom => {
                let gaps = (to - 1).max(1);
                ((i * (from - 1)) as f64 / gaps as f64, triangle)
            }
            Self::Bicubic => ((i as f64 + 0.5) * from as f64 / to as f64 - 0.5, cubic),
        };
        // Shrinking widens the kernel, so that no point of the source is passed over.
        let stretch = match self {
            Self::Zoom => 1.0,
            Self::Bicubic => (from as f64 / to as f64).max(1.0),
        };
        let mut weights: Vec<f64> =
            (0..from).map(|j| kernel((j as f64 - position) / stretch)).collect();
        let sum: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|w| *w /= sum);
        weights
    }
}

fn triangle(x: f64) -> f64 {
    (1.0 - x.abs()).max(0.0)
}

fn cubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    let x = x.abs();
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use safetensors::SafeTensors;

    use super::*;

    fn golden(name: &str) -> Vec<f64> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/posembed.safetensors");
        let bytes = fs_err::read(path).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let data = tensors.tensor(name).unwrap().data();
        data.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect()
    }

    #[test]
    fn golden_grids_are_reproduced() {
        let input: Vec<f32> = golden("input").into_iter().map(|v| v as f32).collect();
        for method in [Resampling::Zoom, Resampling::Bicubic] {
            for to in [7, 2] {
                let expected = golden(&format!("{method}.{to}"));
                let got = resample(&input, 8, (4, to), method);
                assert_eq!(got.len(), expected.len());
                let worst = got.iter().zip(&expected).map(|(g, e)| (f64::from(*g) - e).abs());
                let worst = worst.fold(0.0, f64::max);
                assert!(worst <= 1e-6, "{method} to {to}: off by {worst:e}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_constant_grid_stays_constant(from in 1_usize..9, to in 1_usize..9, zoom: bool) {
            let method = if zoom { Resampling::Zoom } else { Resampling::Bicubic };
            let mut rows = vec![0.25; 2 * (1 + from * from)];
            rows[0] = 7.0;
            let got = resample(&rows, 2, (from, to), method);
            prop_assert_eq!(got.len(), 2 * (1 + to * to));
            prop_assert_eq!(got[0], 7.0);
            prop_assert!(got[1..].iter().all(|v| (v - 0.25).abs() < 1e-6));
        }

        #[test]
        fn the_same_grid_stays_as_it_is(side in 1_usize..6, zoom: bool) {
            let method = if zoom { Resampling::Zoom } else { Resampling::Bicubic };
            let rows: Vec<f32> = (0..3 * (1 + side * side)).map(|i| (i as f32).sin()).collect();
            prop_assert_eq!(resample(&rows, 3, (side, side), method), rows);
        }
    }
}
