//! Branch-free scalar functions that vectorize when they are inlined into a loop.
//!
//! Written with plain `*` and `+` (no fused multiply-add), so that every instruction set gives the
//! same bits. The polynomial coefficients are our own weighted least-squares fits; the errors are
//! those of all f32 there are, against f64.

/// `e^x` for `x <= 88`; relative error below 1e-7, 0 below -87.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    // x = n ln 2 + r, with ln 2 in two parts so that r keeps its low bits.
    const MAGIC: f32 = 12_582_912.0; // 1.5 * 2^23: adding it rounds to an integer.
    const LN2_HIGH: f32 = 0.693_145_75;
    const LN2_LOW: f32 = 1.428_606_8e-6;
    let clamped = x.clamp(-87.0, 88.0);
    let shifted = clamped * std::f32::consts::LOG2_E + MAGIC;
    let n = shifted - MAGIC;
    let r = clamped - n * LN2_HIGH - n * LN2_LOW;
    // e^r on |r| <= ln 2 / 2: fit error 3e-9.
    let mut p = 0.001_381_461_2;
    for c in [0.008_368_71, 0.041_668_39, 0.166_665_21, 0.499_999_94, 1.0, 1.0] {
        p = p * r + c;
    }
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23));
    if x < -87.0 { 0.0 } else { p * power }
}

/// `erfc(t) / 2` for `t >= 0`; absolute error below 5e-8 against f64, relative error below 1e-5
/// down to 1e-8, 0 above 5.
#[inline(always)]
#[allow(clippy::approx_constant)] // A fitted coefficient happens to be near 2 / sqrt(pi).
fn half_erfc(t: f32) -> f32 {
    let inner = t.min(5.0);
    let mut q = -1.063_076_8e-7;
    for c in [
        2.664_421_6e-6,
        -2.966_420_8e-5,
        1.923_372_6e-4,
        -7.831_467_7e-4,
        1.840_413e-3,
        -2.728_728e-4,
        -1.911_582_2e-2,
        1.027_733_5e-1,
        6.366_191_5e-1,
        1.128_379_2,
    ] {
        q = q * inner + c;
    }
    let value = 0.5 * exp(-(q * inner));
    if t > 5.0 { 0.0 } else { value }
}

/// The standard normal distribution function, Phi(x).
#[inline(always)]
fn phi(x: f32) -> f32 {
    let tail = half_erfc(x.abs() * std::f32::consts::FRAC_1_SQRT_2);
    if x < 0.0 { tail } else { 1.0 - tail }
}

/// `x Phi(x)` for finite `x`; absolute error below 1.2e-7 * max(1, x).
#[inline(always)]
pub(super) fn gelu(x: f32) -> f32 {
    x * phi(x)
}

/// d gelu / dx = `Phi(x) + x phi(x)` for finite `x`; absolute error below 2e-7.
#[inline(always)]
pub(super) fn gelu_slope(x: f32) -> f32 {
    const INV_SQRT_TAU: f32 = 0.398_942_3;
    phi(x) + x * INV_SQRT_TAU * exp(-0.5 * x * x)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One in a thousand of all numbers, specials among them, and all that are near `around`.
    fn numbers(around: f32) -> impl Iterator<Item = f32> {
        let bits = around.to_bits();
        let near = (bits - 3000..bits + 3000).map(f32::from_bits);
        let zeros = [0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN_POSITIVE];
        (0..=u32::MAX).step_by(1009).map(f32::from_bits).chain(near).chain(zeros)
    }

    #[test]
    fn exp_is_as_exact_as_it_says() {
        for x in numbers(-87.0).chain(numbers(88.0)) {
            let (got, exact) = (f64::from(exp(x)), f64::from(x).exp());
            if x.is_nan() {
                assert!(got.is_nan(), "exp({x}) = {got}");
            } else if x < -87.0 {
                assert_eq!(got, 0.0, "exp({x})");
            } else if x <= 88.0 {
                assert!((got - exact).abs() < 1e-7 * exact, "exp({x}) = {got}, exactly {exact}");
            } else {
                assert_eq!(got, f64::from(exp(88.0)), "exp({x})");
            }
        }
        assert_eq!(exp(0.0), 1.0);
    }

    #[test]
    fn half_erfc_is_as_exact_as_it_says() {
        for t in numbers(5.0).filter(|t| *t >= 0.0) {
            let (got, exact) = (f64::from(half_erfc(t)), 0.5 * libm::erfc(f64::from(t)));
            assert!((got - exact).abs() < 5e-8, "half_erfc({t}) = {got}, exactly {exact}");
            if exact > 1e-8 {
                let bound = 1e-5 * exact;
                assert!((got - exact).abs() < bound, "half_erfc({t}) = {got}, exactly {exact}");
            }
        }
    }

    /// Where `x` is infinite, `x Phi(x)` and its slope are written as products that have no value.
    #[test]
    fn gelu_and_its_slope_are_as_exact_as_they_say() {
        for x in numbers(-7.07).filter(|x| x.is_finite()) {
            let wide = f64::from(x);
            let cdf = 0.5 * libm::erfc(-wide * std::f64::consts::FRAC_1_SQRT_2);
            let pdf = (-0.5 * wide * wide).exp() / (2.0 * std::f64::consts::PI).sqrt();
            let (got, exact) = (f64::from(gelu(x)), wide * cdf);
            let bound = 1.2e-7 * wide.max(1.0);
            assert!((got - exact).abs() < bound, "gelu({x}) = {got}, exactly {exact}");
            let (got, exact) = (f64::from(gelu_slope(x)), cdf + wide * pdf);
            assert!((got - exact).abs() < 2e-7, "gelu'({x}) = {got}, exactly {exact}");
        }
        assert!(gelu(f32::NAN).is_nan() && gelu_slope(f32::NAN).is_nan());
        assert_eq!(gelu(f32::INFINITY), f32::INFINITY);
    }
}
