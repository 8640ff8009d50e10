//! Means and spreads.

/// A mean with the spread of what it is of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Estimate {
    pub(crate) mean: f64,
    /// Sample standard deviation; none of a single value.
    pub(crate) std: Option<f64>,
    pub(crate) n: usize,
}

impl Estimate {
    /// Of some values; none of none.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let (mean, n) = (mean(values)?, values.len());
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let std = (n > 1).then(|| (squares / (n - 1) as f64).sqrt());
        Some(Self { mean, std, n })
    }
}

/// The mean; none of none.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The middle value, the mean of the two in the middle of an even number; none of none.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n.is_multiple_of(2) => Some((sorted[half - 1] + sorted[half]) / 2.0),
        _ => Some(sorted[half]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_is_the_samples() {
        let estimate = Estimate::of(&[1.0, 2.0, 3.0, 6.0]).unwrap();
        assert_eq!((estimate.mean, estimate.n), (3.0, 4));
        assert_eq!(estimate.std, Some((14.0_f64 / 3.0).sqrt()));
        assert_eq!(Estimate::of(&[5.0]).map(|e| e.std), Some(None));
        assert_eq!(Estimate::of(&[]), None);
    }

    #[test]
    fn medians() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }
}
