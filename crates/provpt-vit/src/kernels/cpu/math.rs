//! Branch-free scalar functions that vectorize when they are inlined into a loop.
//!
//! Written with plain `*` and `+` (no fused multiply-add), so that every instruction set gives the
//! same bits. The polynomial coefficients are our own weighted least-squares fits.

/// `e^x` for `x <= 88`; relative error below 2e-7, 0 below -87.
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

/// `erfc(t) / 2` for `t >= 0` (clamped at 5); absolute error below 5e-8 against f64, relative
/// error below 1e-5 down to 1e-8.
#[inline(always)]
#[allow(clippy::approx_constant)] // A fitted coefficient happens to be near 2 / sqrt(pi).
fn half_erfc(t: f32) -> f32 {
    let t = t.min(5.0);
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
        q = q * t + c;
    }
    0.5 * exp(-(q * t))
}

/// The standard normal distribution function, Phi(x).
#[inline(always)]
fn phi(x: f32) -> f32 {
    let tail = half_erfc(x.abs() * std::f32::consts::FRAC_1_SQRT_2);
    if x < 0.0 { tail } else { 1.0 - tail }
}

/// `x Phi(x)`; absolute error below 1e-7 * max(1, |x|).
#[inline(always)]
pub(super) fn gelu(x: f32) -> f32 {
    x * phi(x)
}

/// d gelu / dx = `Phi(x) + x phi(x)`.
#[inline(always)]
pub(super) fn gelu_slope(x: f32) -> f32 {
    const INV_SQRT_TAU: f32 = 0.398_942_3;
    phi(x) + x * INV_SQRT_TAU * exp(-0.5 * x * x)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(low: f32, high: f32) -> impl Iterator<Item = f32> {
        (0..=200_000).map(move |i| low + (high - low) * i as f32 / 200_000.0)
    }

    #[test]
    fn exp_matches_f64() {
        for x in grid(-86.0, 88.0) {
            let exact = f64::from(x).exp();
            assert!((f64::from(exp(x)) - exact).abs() <= 2e-7 * exact, "exp({x})");
        }
        assert_eq!(exp(-1e30), 0.0);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert!(exp(f32::NAN).is_nan());
    }

    #[test]
    fn gelu_and_its_slope_match_f64() {
        for x in grid(-12.0, 12.0) {
            let wide = f64::from(x);
            let cdf = 0.5 * libm::erfc(-wide * std::f64::consts::FRAC_1_SQRT_2);
            let pdf = (-0.5 * wide * wide).exp() / (2.0 * std::f64::consts::PI).sqrt();
            let bound = 1e-7 * wide.abs().max(1.0);
            assert!((f64::from(gelu(x)) - wide * cdf).abs() <= bound, "gelu({x})");
            let slope = cdf + wide * pdf;
            assert!((f64::from(gelu_slope(x)) - slope).abs() <= 2e-7, "gelu'({x})");
        }
    }
}
