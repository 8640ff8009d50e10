//! Correlation coefficients that are `None` where they mean nothing, and never NaN.

/// Pearson's coefficient of the pairs `(x[i], y[i])`, in `[-1, 1]`. `None` for fewer than three
/// pairs, a constant side, or a number that is not finite.
pub(crate) fn pearson(x: &[f64], y: &[f64]) -> Option<f64> {
    if x.len() != y.len() || x.len() < 3 {
        return None;
    }
    let (x, y) = (deviations(x)?, deviations(y)?);
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let r = dot(&x, &y) / (dot(&x, &x) * dot(&y, &y)).sqrt();
    r.is_finite().then(|| r.clamp(-1.0, 1.0))
}

/// Spearman's coefficient: Pearson's of the ranks, ties averaged.
pub(crate) fn spearman(x: &[f64], y: &[f64]) -> Option<f64> {
    pearson(&ranks(x)?, &ranks(y)?)
}

/// Whether all numbers are the same (or there are none).
pub(crate) fn is_constant(x: &[f64]) -> bool {
    x.windows(2).all(|pair| pair[0] == pair[1])
}

/// Deviations from the mean, scaled so that the largest is 1: neither huge nor tiny scores (the
/// published one is about 1e-4 of the effect) over- or underflow when squared.
fn deviations(x: &[f64]) -> Option<Vec<f64>> {
    if is_constant(x) {
        return None;
    }
    let largest = x.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let x: Vec<f64> = x.iter().map(|v| v / largest).collect();
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    let spread = x.iter().fold(0.0_f64, |m, v| m.max((v - mean).abs()));
    let scaled: Vec<f64> = x.iter().map(|v| (v - mean) / spread).collect();
    scaled.iter().all(|v| v.is_finite()).then_some(scaled)
}

/// Ranks from 1, equal numbers share the mean of theirs. `None` if a number is NaN.
fn ranks(x: &[f64]) -> Option<Vec<f64>> {
    if x.iter().any(|v| v.is_nan()) {
        return None;
    }
    let mut order: Vec<usize> = (0..x.len()).collect();
    order.sort_by(|&a, &b| x[a].total_cmp(&x[b]));
    let mut ranks = vec![0.0; x.len()];
    let mut before = 0;
    for ties in order.chunk_by(|&a, &b| x[a] == x[b]) {
        for &index in ties {
            ranks[index] = before as f64 + (ties.len() + 1) as f64 / 2.0;
        }
        before += ties.len();
    }
    Some(ranks)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn close(got: Option<f64>, expected: f64) {
        assert!(got.is_some_and(|g| (g - expected).abs() < 1e-12), "{got:?} is not {expected}");
    }

    #[test]
    fn pearson_by_hand() {
        // Deviations -1.5 -0.5 0.5 1.5 and -1.75 0.25 -0.75 2.25: 5.5 / sqrt(5 * 8.75).
        close(pearson(&[1.0, 2.0, 3.0, 4.0], &[1.0, 3.0, 2.0, 5.0]), 5.5 / 43.75_f64.sqrt());
        close(pearson(&[1.0, 2.0, 3.0], &[-2.0, -4.0, -6.0]), -1.0);
    }

    #[test]
    fn spearman_by_hand() {
        // Ranks 1 2 3 4 and 1 3 2 4: 1 - 6 * 2 / (4 * 15).
        close(spearman(&[1.0, 20.0, 21.0, 9e9], &[-5.0, 3.0, 2.0, 4.0]), 0.8);
        // Ranks 1 2.5 2.5 4 against 1 2 3 4: 4.5 / sqrt(4.5 * 5).
        close(spearman(&[0.0, 7.0, 7.0, 8.0], &[1.0, 2.0, 3.0, 4.0]), 4.5 / 22.5_f64.sqrt());
    }

    #[test]
    fn ties_share_their_mean_rank() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 3.0, 0.0]), Some(vec![4.0, 2.0, 4.0, 4.0, 1.0]));
        assert_eq!(ranks(&[0.0, -0.0, 1.0]), Some(vec![1.5, 1.5, 3.0]));
    }

    #[test]
    fn degenerate_input_has_no_correlation() {
        for f in [pearson, spearman] {
            assert_eq!(f(&[1.0, 2.0], &[1.0, 2.0]), None);
            assert_eq!(f(&[1.0, 2.0, 3.0], &[0.1, 0.1, 0.1]), None);
            assert_eq!(f(&[1.0, 2.0, f64::NAN], &[1.0, 2.0, 3.0]), None);
            assert_eq!(f(&[1.0, 2.0, 3.0], &[1.0, 2.0]), None);
            assert_eq!(f(&[], &[]), None);
        }
        assert_eq!(pearson(&[1.0, 2.0, f64::INFINITY], &[1.0, 2.0, 3.0]), None);
        close(pearson(&[1e-300, 2e-300, 3e-300], &[1e300, 2e300, 3e300]), 1.0);
    }

    proptest! {
        #[test]
        fn between_minus_one_and_one(pairs in vec((any::<f64>(), -9.0..9.0), 0..30)) {
            let (x, y): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            for r in [pearson(&x, &y), spearman(&x, &y)].into_iter().flatten() {
                prop_assert!((-1.0..=1.0).contains(&r));
            }
        }

        #[test]
        fn spearman_sees_order_only(pairs in vec((-5i32..5, -5i32..5), 3..30)) {
            let x: Vec<f64> = pairs.iter().map(|p| f64::from(p.0)).collect();
            let y: Vec<f64> = pairs.iter().map(|p| f64::from(p.1)).collect();
            let up: Vec<f64> = x.iter().map(|v| v.exp() + 3.0).collect();
            let down: Vec<f64> = x.iter().map(|v| -v.powi(3)).collect();
            let r = spearman(&x, &y);
            prop_assert_eq!(spearman(&up, &y), r);
            prop_assert_eq!(spearman(&y, &x).is_some(), r.is_some());
            if let (Some(r), Some(mirrored)) = (r, spearman(&down, &y)) {
                prop_assert!((r + mirrored).abs() < 1e-12);
            }
        }
    }
}
