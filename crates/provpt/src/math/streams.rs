//! Random streams: each a pure function of seed, purpose and index.
//!
//! Nothing has to remember a generator's state: whoever resumes a run at epoch t asks for the
//! stream of epoch t and gets what an uninterrupted run would have got.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// What random numbers are for. Results depend on these numbers: add, never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Purpose {
    /// Initial prompts.
    PromptInit = 0,
    /// Initial head.
    HeadInit = 1,
    /// The order of an epoch's images.
    Shuffle = 2,
    /// Prompt dropout while tuning.
    Dropout = 3,
    /// Prompt dropout while scoring, which only the reference has.
    ScoringDropout = 4,
    /// The images that a scoring pass over a subset sees.
    Scoring = 5,
    /// The images that candidates are verified on.
    Verify = 6,
    /// The allocator's initial networks.
    PolicyInit = 7,
    /// The allocator's choices.
    Policy = 8,
    /// New values of a moved prompt.
    Rebirth = 9,
    /// Whatever a caller of the library wants.
    Caller = 10,
}

/// A stream of random numbers. Equal seeds give equal numbers, in every version and on every
/// machine.
#[derive(Clone, Debug)]
pub struct Stream(pub(crate) ChaCha8Rng);

impl Stream {
    /// A stream for whoever puts the parts of this library together by hand.
    pub fn new(seed: u64) -> Self {
        stream(seed, Purpose::Caller, 0)
    }
}

/// The random stream of `purpose`, say in epoch `index`, of a run with this seed.
pub(crate) fn stream(seed: u64, purpose: Purpose, index: u64) -> Stream {
    let mut hash = Sha256::new();
    hash.update(b"provpt stream");
    hash.update(seed.to_le_bytes());
    hash.update([purpose as u8]);
    hash.update(index.to_le_bytes());
    Stream(ChaCha8Rng::from_seed(hash.finalize().into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::{Rng, RngExt};

    fn first(seed: u64, purpose: Purpose, index: u64) -> u64 {
        stream(seed, purpose, index).0.next_u64()
    }

    #[test]
    fn streams_never_change_between_versions() {
        let mut rng = stream(18, Purpose::PromptInit, 0).0;
        assert_eq!(rng.next_u64(), 1_883_579_302_768_859_792);
    }

    #[test]
    fn neighbouring_streams_look_independent() {
        let n = 4000;
        let sum: f64 = (0..n).map(|i| stream(1, Purpose::Policy, i).0.random::<f64>()).sum();
        assert!((sum / n as f64 - 0.5).abs() < 0.02, "{sum}");
    }

    proptest! {
        #[test]
        fn every_part_of_the_key_matters(seed: u64, index: u64) {
            let same = first(seed, Purpose::Shuffle, index);
            prop_assert_eq!(first(seed, Purpose::Shuffle, index), same);
            prop_assert_ne!(first(seed.wrapping_add(1), Purpose::Shuffle, index), same);
            prop_assert_ne!(first(seed, Purpose::Dropout, index), same);
            prop_assert_ne!(first(seed, Purpose::Shuffle, index.wrapping_add(1)), same);
        }
    }
}
