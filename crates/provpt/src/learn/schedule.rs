//! Learning rates, one per epoch or one per step.

use std::f64::consts::PI;

/// How the learning rate changes. Epochs count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Schedule {
    /// The base rate throughout.
    Constant,
    /// From 0 up to the base rate in `warmup` epochs, linearly, then half a cosine down, which
    /// would reach 0 at epoch `total`, the first that is not trained.
    ///
    /// The first warm-up epoch has rate 0, so it measures but does not learn; epoch `warmup` is
    /// the one with the full base rate; the last, `total - 1`, is just above 0. The schedule
    /// published with VPT (Jia et al., ECCV 2022), stepped once after each epoch, gives every
    /// epoch the same rate.
    Cosine {
        /// Epochs of warm-up; 0 for none.
        warmup: usize,
        /// Epochs in all.
        total: usize,
        /// Whether each step has the rate of its own middle: in warm-up, too, no step is without one.
        by_step: bool,
    },
}

impl Schedule {
    /// The learning rate in `epoch`, when this share of its steps is done.
    pub(crate) fn lr(self, base: f64, epoch: usize, done: f64) -> f64 {
        base * self.factor(epoch, done)
    }

    fn factor(self, epoch: usize, done: f64) -> f64 {
        let Self::Cosine { warmup, total, by_step } = self else { return 1.0 };
        let (warmup, total) = (warmup as f64, total as f64);
        match epoch as f64 + if by_step { done } else { 0.0 } {
            now if now < warmup => now / warmup,
            now if now >= total => 0.0,
            now => 0.5 * (1.0 + (PI * (now - warmup) / (total - warmup)).cos()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn warms_up_from_zero_then_falls_like_half_a_cosine() {
        let schedule = Schedule::Cosine { warmup: 2, total: 6, by_step: false };
        let rates: Vec<f64> = (0..=7).map(|epoch| schedule.lr(2.0, epoch, 0.7)).collect();
        let slope = std::f64::consts::FRAC_1_SQRT_2;
        let expected = [0.0, 1.0, 2.0, 1.0 + slope, 1.0, 1.0 - slope, 0.0, 0.0];
        for (rate, expected) in rates.iter().zip(expected) {
            assert!((rate - expected).abs() < 1e-12, "{rates:?}");
        }
    }

    #[test]
    fn without_warm_up_starts_at_the_base_rate() {
        let schedule = Schedule::Cosine { warmup: 0, total: 3, by_step: false };
        assert_eq!(schedule.lr(0.5, 0, 0.5), 0.5);
        assert_eq!(Schedule::Constant.lr(0.5, 99, 0.5), 0.5);
    }

    #[test]
    fn steps_have_rates_of_their_own_on_the_same_curve() {
        let schedule = Schedule::Cosine { warmup: 1, total: 3, by_step: true };
        let rates = [(0, 0.25), (0, 0.75), (1, 0.5), (2, 0.0), (2, 0.5)];
        let rates = rates.map(|(epoch, done)| schedule.lr(2.0, epoch, done));
        let slope = std::f64::consts::FRAC_1_SQRT_2;
        for (rate, expected) in rates.iter().zip([0.5, 1.5, 1.0 + slope, 1.0, 1.0 - slope]) {
            assert!((rate - expected).abs() < 1e-12, "{rates:?}");
        }
    }

    proptest! {
        #[test]
        fn stays_between_zero_and_base(
            warmup in 0..20usize,
            total in 0..40usize,
            epoch in 0..60usize,
            done in 0.0..1.0f64,
            by_step: bool,
        ) {
            let lr = Schedule::Cosine { warmup, total, by_step }.lr(3.0, epoch, done);
            prop_assert!((0.0..=3.0).contains(&lr), "{}", lr);
        }
    }
}
