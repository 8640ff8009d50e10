//! Gradient clipping by global norm, as `torch.nn.utils.clip_grad_norm_` does it.

/// Keeps the coefficient finite when all gradients are zero; PyTorch's value.
const EPS: f64 = 1e-6;

/// Euclidean norm over all slices together, summed in f64.
pub(crate) fn global_norm(parts: &[&[f32]]) -> f64 {
    parts.iter().copied().map(squares).sum::<f64>().sqrt()
}

/// What gradients of this norm are multiplied by: `max_norm / (norm + 1e-6)`, at most 1; 1 when
/// clipping is off (`max_norm <= 0`).
pub(crate) fn coefficient(norm: f64, max_norm: f64) -> f64 {
    if max_norm <= 0.0 {
        return 1.0;
    }
    (max_norm / (norm + EPS)).min(1.0)
}

/// Scales all slices together so that their global norm is at most `max_norm` (off when `<= 0`);
/// returns the norm before.
pub(crate) fn clip(mut parts: Vec<&mut [f32]>, max_norm: f64) -> f64 {
    let norm = parts.iter().map(|part| squares(part)).sum::<f64>().sqrt();
    let factor = coefficient(norm, max_norm) as f32;
    if factor < 1.0 {
        parts.iter_mut().flat_map(|part| part.iter_mut()).for_each(|v| *v *= factor);
    }
    norm
}

/// Sum of squares, in f64.
pub(crate) fn squares(part: &[f32]) -> f64 {
    part.iter().map(|&v| f64::from(v) * f64::from(v)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn scales_all_slices_by_the_same_factor() {
        let (mut a, mut b) = (vec![3.0f32, 0.0], vec![4.0f32]);
        assert_eq!(global_norm(&[&a, &b]), 5.0);
        assert_eq!(clip(vec![&mut a, &mut b], 0.25), 5.0);
        // 0.25 / 5.000001 = 0.04999999
        let factor = 0.25 / 5.000_001;
        assert_eq!(a, [(3.0 * factor) as f32, 0.0]);
        assert_eq!(b, [(4.0 * factor) as f32]);
    }

    #[test]
    fn leaves_small_gradients_alone_and_is_off_below_zero() {
        for max_norm in [6.0, 0.0, -1.0] {
            let mut a = vec![3.0f32, 4.0];
            assert_eq!(clip(vec![&mut a], max_norm), 5.0);
            assert_eq!(a, [3.0, 4.0]);
        }
    }

    #[test]
    fn the_coefficient_is_at_most_one() {
        assert_eq!(coefficient(0.125, 0.25), 1.0);
        assert_eq!(coefficient(0.25 - EPS, 0.25), 1.0);
        assert_eq!(coefficient(0.0, 0.0), 1.0);
        assert!((coefficient(1.0, 0.25) - 0.25 / 1.000_001).abs() < 1e-15);
    }

    proptest! {
        #[test]
        fn never_exceeds_the_bound(
            mut a in prop::collection::vec(-1e3f32..1e3, 0..20),
            mut b in prop::collection::vec(-1e3f32..1e3, 0..20),
            max_norm in 1e-3..10.0f64,
        ) {
            let before = global_norm(&[&a, &b]);
            prop_assert_eq!(clip(vec![&mut a, &mut b], max_norm), before);
            prop_assert!(global_norm(&[&a, &b]) <= before.min(max_norm) * (1.0 + 1e-5));
        }
    }
}
