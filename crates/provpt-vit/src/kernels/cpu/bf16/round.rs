//! bf16: the upper half of an f32.

/// The nearest bf16, ties to even, as processors round: numbers below the smallest normal one
/// become 0 of their sign, and what is no number stays none.
#[inline(always)]
pub(super) fn round(x: f32) -> u16 {
    let bits = x.to_bits();
    let upper = bits >> 16;
    let nearest = bits.wrapping_add(0x7fff + (upper & 1)) >> 16;
    let is_tiny = bits & 0x7f80_0000 == 0;
    let is_nan = bits & 0x7fff_ffff > 0x7f80_0000;
    let finite = if is_tiny { upper & 0x8000 } else { nearest };
    (if is_nan { upper | 0x40 } else { finite }) as u16
}

/// The same number as f32.
#[inline(always)]
pub(super) fn widen(x: u16) -> f32 {
    f32::from_bits(u32::from(x) << 16)
}

#[cfg(test)]
mod tests {
    use half::bf16;

    use super::*;

    #[test]
    fn numbers_round_as_the_library_has_it() {
        let ties = (0..=u32::from(u16::MAX)).flat_map(|upper| {
            [0, 1, 0x7fff, 0x8000, 0x8001, 0xffff].map(|lower| upper << 16 | lower)
        });
        for bits in ties.chain((0..=u32::MAX).step_by(10_007)) {
            let (x, got) = (f32::from_bits(bits), round(f32::from_bits(bits)));
            if x.is_nan() {
                assert!(bf16::from_bits(got).is_nan(), "{bits:#x}");
            } else if x == 0.0 || x.is_subnormal() {
                assert_eq!(got, bf16::from_f32(0.0f32.copysign(x)).to_bits(), "{bits:#x}");
            } else {
                assert_eq!(got, bf16::from_f32(x).to_bits(), "{bits:#x}");
            }
        }
    }

    #[test]
    fn widening_undoes_nothing() {
        for x in [0.0, -1.5, 256.0, f32::INFINITY] {
            assert_eq!(widen(round(x)), x);
        }
    }
}
