//! A straight axis from values to pixels, with round ticks.

/// Maps `[low, high]` to `[start, end]` pixels; `end < start` for an axis that goes up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Axis {
    low: f64,
    high: f64,
    start: f64,
    end: f64,
}

impl Axis {
    /// An axis that holds all finite `values` with a little room at both ends. Without values, or
    /// with a single one, it still has a length.
    pub(crate) fn around(values: impl Iterator<Item = f64>, pixels: (f64, f64)) -> Self {
        let finite = values.filter(|v| v.is_finite());
        let range = finite
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        let (low, high) = if range.0 <= range.1 { range } else { (0.0, 1.0) };
        let room = match high - low {
            0.0 if low == 0.0 => 1.0,
            0.0 => low.abs() / 10.0,
            width => width * 0.05,
        };
        Self::exactly((low - room, high + room), pixels)
    }

    /// An axis with exactly these ends.
    pub(crate) fn exactly((low, high): (f64, f64), (start, end): (f64, f64)) -> Self {
        Self { low, high, start, end }
    }

    /// The same axis without what lies below zero, for quantities that are never negative.
    pub(crate) fn not_negative(self) -> Self {
        Self { low: self.low.max(0.0), ..self }
    }

    /// The pixel of a value.
    pub(crate) fn at(&self, value: f64) -> f64 {
        self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)
    }

    /// Both ends in pixels.
    pub(crate) fn pixels(&self) -> (f64, f64) {
        (self.start, self.end)
    }

    /// The value at the nearer end if it lies beyond.
    pub(crate) fn clamp(&self, value: f64) -> f64 {
        value.clamp(self.low, self.high)
    }

    /// Up to about `count` round values, and their distance: 1, 2 or 5 times a power of ten, at
    /// least `smallest`.
    pub(crate) fn ticks(&self, count: usize, smallest: f64) -> (Vec<f64>, f64) {
        let rough = (self.high - self.low) / count as f64;
        let power = 10_f64.powf(rough.log10().floor());
        let round = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
        let step = round.into_iter().find(|&step| step >= rough).unwrap_or(rough).max(smallest);
        let first = (self.low / step).ceil();
        let multiples = (0..=count).map(|i| (first + i as f64) * step);
        (multiples.take_while(|&v| v <= self.high).collect(), step)
    }
}

/// A coordinate with at most one decimal, which is as fine as a screen shows.
pub(crate) fn px(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    #[test]
    fn ticks_are_round() {
        let axis = Axis::exactly((0.0, 1.0), (0.0, 100.0));
        assert_eq!(axis.ticks(5, 0.0).1, 0.2);
        let axis = Axis::exactly((-0.3, 7.3), (100.0, 0.0));
        assert_eq!(axis.ticks(4, 0.0), (vec![0.0, 2.0, 4.0, 6.0], 2.0));
        assert_eq!(Axis::exactly((0.5, 3.5), (0.0, 1.0)).ticks(6, 1.0).0, [1.0, 2.0, 3.0]);
    }

    #[test]
    fn an_axis_that_goes_up() {
        let axis = Axis::exactly((0.0, 4.0), (200.0, 0.0));
        assert_eq!((axis.at(0.0), axis.at(1.0), axis.at(4.0)), (200.0, 150.0, 0.0));
        assert_eq!(axis.clamp(9.0), 4.0);
        assert_eq!((px(1.0), px(1.26), px(-0.5)), ("1".into(), "1.3".into(), "-0.5".into()));
    }

    proptest! {
        #[test]
        fn finite_values_land_inside(values in vec(-1e9..1e9, 0..9), bad in any::<bool>()) {
            let extra = bad.then_some(f64::NAN);
            let axis = Axis::around(values.iter().copied().chain(extra), (0.0, 100.0));
            for v in values {
                prop_assert!((0.0..=100.0).contains(&axis.at(v)));
            }
            let (ticks, step) = axis.ticks(5, 0.0);
            prop_assert!(step > 0.0 && !ticks.is_empty() && ticks.len() <= 6);
        }
    }
}
