//! A loss on features, and derivatives by finite differences.

use std::ops::Range;

use super::Random;

/// `sum a f + c f^2 / 2` over all features of a batch, `a` and `c` random.
pub(crate) struct Loss {
    a: Vec<f32>,
    c: Vec<f32>,
    width: usize,
}

impl Loss {
    pub(crate) fn new(images: usize, width: usize, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let len = images * width;
        Self { a: random.values(len, 0.0, 1.0), c: random.values(len, 0.0, 0.5), width }
    }

    pub(crate) fn value(&self, features: &[f64]) -> f64 {
        let terms = features.iter().zip(&self.a).zip(&self.c);
        terms.map(|((f, &a), &c)| f64::from(a) * f + 0.5 * f64::from(c) * f * f).sum()
    }

    /// d loss / d features for some images of the batch.
    pub(crate) fn slope(&self, images: Range<usize>, features: &[f32]) -> Vec<f32> {
        let part = images.start * self.width..images.end * self.width;
        let terms = features.iter().zip(&self.a[part.clone()]).zip(&self.c[part]);
        terms.map(|((f, a), c)| a + c * f).collect()
    }
}

/// `f'(0)` by a central difference.
pub(crate) fn slope(step: f64, mut f: impl FnMut(f64) -> f64) -> f64 {
    (f(step) - f(-step)) / (2.0 * step)
}
