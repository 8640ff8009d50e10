//! Splits made where a data set has none.

use provpt_base::Stream;
use rand::seq::SliceRandom;

use crate::Error;

/// Shares of each class to take from the training images.
#[derive(Clone, Copy)]
pub(crate) struct Shares {
    pub(crate) val: f64,
    pub(crate) test: f64,
}

impl Shares {
    pub(crate) fn new(val: f64, test: f64) -> Result<Self, Error> {
        // Written so that a NaN fails, too.
        if val >= 0.0 && test >= 0.0 && val + test < 1.0 {
            Ok(Self { val, test })
        } else {
            Err(Error::Fractions { val, test })
        }
    }

    /// (val, test) out of `n` images: the rounded share, at least one image where a share is asked
    /// for; training keeps one image before test gets any, and test before val.
    fn counts(self, n: usize) -> (usize, usize) {
        let wanted = |share: f64| match share {
            0.0 => 0,
            share => ((share * n as f64).round() as usize).max(1),
        };
        let test = wanted(self.test).min(n.saturating_sub(1));
        (wanted(self.val).min(n.saturating_sub(1 + test)), test)
    }

    /// `[train, val, test]`, each sorted.
    pub(crate) fn split<T: Ord>(self, mut items: Vec<T>, random: &mut Stream) -> [Vec<T>; 3] {
        let (val, test) = self.counts(items.len());
        items.shuffle(random);
        let test = items.split_off(items.len() - test);
        let val = items.split_off(items.len() - val);
        [items, val, test].map(|mut part| {
            part.sort();
            part
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use provpt_base::{Purpose, stream};

    proptest! {
        #[test]
        fn every_image_lands_in_one_split(n in 1_usize..300, val in 0.0..0.5, test in 0.0..0.5) {
            let shares = Shares::new(val, test).unwrap();
            let split = || {
                shares.split((0..n).collect(), &mut stream(3, Purpose::Folder, [0, 0]))
            };
            let parts = split();
            prop_assert_eq!(&parts, &split());
            prop_assert!(!parts[0].is_empty());
            prop_assert!(parts.iter().all(|part| part.is_sorted()));
            prop_assert!(parts[1].len() as f64 <= (val * n as f64 + 0.5).max(1.0));
            prop_assert!(parts[2].len() as f64 <= (test * n as f64 + 0.5).max(1.0));
            let mut all = parts.concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..n).collect::<Vec<_>>());
        }
    }

    #[test]
    fn shares_are_rounded_and_small_classes_serve_train_then_test_then_val() {
        let shares = Shares::new(0.1, 0.2).unwrap();
        let counts = [100, 15, 3, 2, 1].map(|n| shares.counts(n));
        assert_eq!(counts, [(10, 20), (2, 3), (1, 1), (0, 1), (0, 0)]);
        assert_eq!(Shares::new(0.0, 0.0).unwrap().counts(5), (0, 0));
    }

    #[test]
    fn which_images_is_a_matter_of_chance() {
        let shares = Shares::new(0.2, 0.3).unwrap();
        let split =
            |seed| shares.split((0..40).collect(), &mut stream(seed, Purpose::Folder, [0, 0]));
        let [train, val, test] = split(1);
        assert_eq!((train.len(), val.len(), test.len()), (20, 8, 12));
        assert_ne!(split(2), [train, val, test], "another seed");
        for part in split(1) {
            let first = part[0];
            assert_ne!(part, (first..first + part.len()).collect::<Vec<usize>>(), "not in a row");
        }
    }

    #[test]
    fn shares_that_leave_nothing_are_refused() {
        let message = |val, test| Shares::new(val, test).err().map(|e| e.to_string()).unwrap();
        assert_eq!(
            message(0.5, 0.5),
            "val and test fractions: expected each >= 0 and a sum < 1, got 0.5 and 0.5"
        );
        assert!(message(-0.1, 0.2).contains("got -0.1 and 0.2"));
        assert!(message(f64::NAN, 0.2).contains("got NaN and 0.2"));
    }
}
