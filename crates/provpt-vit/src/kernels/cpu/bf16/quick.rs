//! Exponentials and GELU for what is rounded to bf16 next: errors of 3e-6, with fused
//! multiplication and addition. The polynomial coefficients are our own weighted least-squares fits.

/// `2^x` for `x <= 126`; relative error below 3e-6, 0 below -126.
#[inline(always)]
pub(super) fn exp2(x: f32) -> f32 {
    const MAGIC: f32 = 12_582_912.0; // 1.5 * 2^23: adding it rounds to an integer.
    let shifted = x + MAGIC;
    let r = x - (shifted - MAGIC);
    let mut p = 0.009_570_082_f32;
    for c in [0.055_917_86, 0.240_247_46, 0.693_121_8, 0.999_999_3] {
        p = p.mul_add(r, c);
    }
    let value = f32::from_bits(p.to_bits().wrapping_add(shifted.to_bits() << 23));
    // What is no number stays none.
    let beyond = if x < -126.0 { 0.0 } else { x };
    if x >= -126.0 { value } else { beyond }
}

/// `1 - Phi(z)` for `z >= 0`; absolute error below 1e-6.
#[inline(always)]
fn tail(z: f32) -> f32 {
    let mut q = -0.000_520_457_34_f32;
    for c in [0.007_397_511_5, -0.052_561_25, -0.459_254_65, -1.151_091_3] {
        q = q.mul_add(z, c);
    }
    exp2(q.mul_add(z, -1.0))
}

/// The standard normal distribution function, Phi(x).
#[inline(always)]
fn phi(x: f32) -> f32 {
    let tail = tail(x.abs());
    if x < 0.0 { tail } else { 1.0 - tail }
}

/// `x Phi(x)` for finite `x`; absolute error below 2e-6 * max(1, |x|).
#[inline(always)]
pub(super) fn gelu(x: f32) -> f32 {
    x * phi(x)
}

/// d gelu / dx = `Phi(x) + x phi(x)` for finite `x`; absolute error below 4e-6.
#[inline(always)]
pub(super) fn gelu_slope(x: f32) -> f32 {
    const INV_SQRT_TAU: f32 = 0.398_942_3;
    const HALF_LOG2_E: f32 = 0.721_347_5;
    (x * INV_SQRT_TAU).mul_add(exp2(-HALF_LOG2_E * x * x), phi(x))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One in a thousand of all numbers, and many around 0.
    fn numbers() -> impl Iterator<Item = f32> {
        let all = (0..=u32::MAX).step_by(1009).map(f32::from_bits).filter(|x| x.is_finite());
        all.chain((-200_000..=200_000).map(|x| x as f32 / 1e4))
    }

    #[test]
    fn powers_are_as_exact_as_they_say() {
        for x in numbers().filter(|x| *x <= 126.0) {
            let (got, exact) = (f64::from(exp2(x)), f64::from(x).exp2());
            let bound = if x < -126.0 { 2e-38 } else { 3e-6 * exact };
            assert!((got - exact).abs() <= bound, "2^{x}: got {got}, expected {exact}");
        }
        assert!(exp2(f32::NAN).is_nan() && exp2(f32::from_bits(0x7fff_ffff)).is_nan());
        assert_eq!(exp2(f32::NEG_INFINITY), 0.0);
    }

    #[test]
    fn gelu_is_as_exact_as_it_says() {
        for x in numbers() {
            let wide = f64::from(x);
            let phi = 0.5 * libm::erfc(-wide * std::f64::consts::FRAC_1_SQRT_2);
            let (got, bound) = (f64::from(gelu(x)), 2e-6 * wide.abs().max(1.0));
            assert!((got - wide * phi).abs() <= bound, "gelu({x}): got {got}");
            let density = (-0.5 * wide * wide).exp() / (2.0 * std::f64::consts::PI).sqrt();
            let (got, exact) = (f64::from(gelu_slope(x)), phi + wide * density);
            assert!((got - exact).abs() <= 4e-6, "gelu'({x}): got {got}, expected {exact}");
        }
    }
}
