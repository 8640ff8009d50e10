//! GELU, and the sums that rows are made of.

use proptest::prelude::*;

use super::super::elementwise::{add, fold2, gelu, gelu_grad, max};
use super::{assert_within, cases, values};

/// `Phi(x)` and its slope.
fn normal(x: f64) -> (f64, f64) {
    let density = (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
    (0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2), density)
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn gelu_and_its_gradient_are_right(len in 0_usize..200, spread in 0.1f32..20.0, seed: u64) {
        let (x, d) = (values(seed, len, spread), values(seed ^ 1, len, 1.0));
        let (mut y, mut dx) = (vec![f32::NAN; len], d.clone());
        gelu(&mut y, &x);
        gelu_grad(&mut dx, &x);
        for i in 0..len {
            let (x, d) = (f64::from(x[i]), f64::from(d[i]));
            let (cdf, density) = normal(x);
            assert_within("gelu", y[i], x * cdf, 1.2e-7 * x.max(1.0))?;
            assert_within("gelu'", dx[i], d * (cdf + x * density), 3e-7 * d.abs())?;
        }
    }

    #[test]
    fn sums_and_maxima_are_right(width in 0_usize..100, seed: u64) {
        let (a, b) = (values(seed, width, 1.0), values(seed ^ 1, width, 1.0));
        let dot: f64 = a.iter().zip(&b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
        assert_within("dot", fold2(&a, &b, |a, b| a * b), dot, 1e-7 * (1.0 + width as f64))?;
        prop_assert_eq!(max(&a), a.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        let mut sum = a.clone();
        add(&mut sum, &b);
        for i in 0..width {
            prop_assert_eq!(sum[i], a[i] + b[i]);
        }
    }
}
