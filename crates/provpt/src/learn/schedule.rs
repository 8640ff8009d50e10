//! Learning rates, one per epoch.

use std::f64::consts::PI;

/// How the learning rate changes from epoch to epoch. Epochs count from 0, and an epoch's rate
/// holds for all its steps.
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
    },
}

impl Schedule {
    /// The learning rate in `epoch`.
    pub(crate) fn lr(self, base: f64, epoch: usize) -> f64 {
        base * self.factor(epoch)
    }

    fn factor(self, epoch: usize) -> f64 {
        match self {
            Self::Constant => 1.0,
            Self::Cosine { warmup, .. } if epoch < warmup => epoch as f64 / warmup as f64,
            Self::Cosine { total, .. } if epoch >= total => 0.0,
            Self::Cosine { warmup, total } => {
                let progress = (epoch - warmup) as f64 / (total - warmup) as f64;
                0.5 * (1.0 + (PI * progress).cos())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn warms_up_from_zero_then_falls_like_half_a_cosine() {
        let schedule = Schedule::Cosine { warmup: 2, total: 6 };
        let rates: Vec<f64> = (0..=7).map(|epoch| schedule.lr(2.0, epoch)).collect();
        let slope = std::f64::consts::FRAC_1_SQRT_2;
        let expected = [0.0, 1.0, 2.0, 1.0 + slope, 1.0, 1.0 - slope, 0.0, 0.0];
        for (rate, expected) in rates.iter().zip(expected) {
            assert!((rate - expected).abs() < 1e-12, "{rates:?}");
        }
    }

    #[test]
    fn without_warm_up_starts_at_the_base_rate() {
        assert_eq!(Schedule::Cosine { warmup: 0, total: 3 }.lr(0.5, 0), 0.5);
        assert_eq!(Schedule::Constant.lr(0.5, 99), 0.5);
    }

    proptest! {
        #[test]
        fn stays_between_zero_and_base(warmup in 0..20usize, total in 0..40usize, epoch in 0..60usize) {
            let lr = Schedule::Cosine { warmup, total }.lr(3.0, epoch);
            prop_assert!((0.0..=3.0).contains(&lr), "{}", lr);
        }
    }
}
