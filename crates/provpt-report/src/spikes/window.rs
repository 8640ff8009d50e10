//! What is usual in a stretch of a series.

use crate::stats::median;

/// Fewer values than this say nothing about the next.
const FEWEST: usize = 16;
/// The standard deviation of normal noise in units of its median absolute deviation.
const NORMAL: f64 = 1.4826;

/// The middle and the width of some values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Usual {
    median: f64,
    /// `1.4826 MAD`, or the floor.
    width: f64,
}

impl Usual {
    /// Of the finite ones among `values`, if they are enough. The width is at least
    /// `floor(median)`.
    pub(crate) fn of(
        values: impl Iterator<Item = f64>,
        floor: impl Fn(f64) -> f64,
    ) -> Option<Self> {
        let values: Vec<f64> = values.filter(|v| v.is_finite()).collect();
        if values.len() < FEWEST {
            return None;
        }
        let center = median(&values)?;
        let distances: Vec<f64> = values.iter().map(|v| (v - center).abs()).collect();
        let width = (NORMAL * median(&distances)?).max(floor(center));
        Some(Self { median: center, width })
    }

    pub(crate) fn median(&self) -> f64 {
        self.median
    }

    /// How many widths `value` lies above the median.
    pub(crate) fn z(&self, value: f64) -> f64 {
        (value - self.median) / self.width
    }

    /// The largest value that counts as usual again: the median + 3 MAD (in units of noise).
    pub(crate) fn upper(&self) -> f64 {
        self.median + 3.0 * self.width
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_outliers_change_nothing() {
        let series =
            |outlier: f64| (0..17).map(move |i| if i == 3 { outlier } else { f64::from(i) });
        let usual = Usual::of(series(3.0), |_| 0.0).unwrap();
        assert_eq!((usual.median, usual.width), (8.0, 4.0 * NORMAL));
        assert!((usual.z(8.0 + 8.0 * NORMAL) - 2.0).abs() < 1e-12);
        assert!((usual.upper() - 8.0 - 12.0 * NORMAL).abs() < 1e-12);
        assert_eq!(Usual::of(series(-1e9), |_| 0.0), Some(usual));
    }

    #[test]
    fn floors_and_series_that_are_too_short() {
        let flat = Usual::of([2.0; 20].into_iter(), |median| median / 4.0).unwrap();
        assert_eq!((flat.z(3.0), flat.upper()), (2.0, 3.5));
        assert_eq!(Usual::of([1.0; 15].into_iter(), |_| 1.0), None);
        assert_eq!(Usual::of([f64::NAN; 40].into_iter(), |_| 1.0), None);
    }
}
