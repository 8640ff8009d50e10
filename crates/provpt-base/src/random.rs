//! Random streams: each a pure function of seed, purpose and place.
//!
//! Nothing has to remember a generator's state: whoever resumes a run at epoch t asks for the
//! stream of epoch t and gets what an uninterrupted run would have got.

use std::convert::Infallible;

use rand::{SeedableRng, TryRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// What random numbers are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Random crops and flips; place: epoch and image.
    Augment,
    /// Splits that are made where a folder has none; place: the class.
    Folder,
    /// Sprites to be drawn.
    Sprites,
    /// The images of a contact sheet.
    Sheet,
    /// Images of the miniature benchmark; place: the task and the image.
    Mini,
    /// Initial prompts.
    PromptInit,
    /// Initial head.
    HeadInit,
    /// The order of an epoch's images; place: the epoch.
    Shuffle,
    /// Prompt dropout while tuning; place: image and prompt.
    Dropout,
    /// Prompt dropout while scoring, which only the reference has.
    ScoringDropout,
    /// The images that a scoring pass over a subset sees.
    Scoring,
    /// The images that candidates are verified on.
    Verify,
    /// The allocator's initial networks.
    PolicyInit,
    /// The allocator's choices; place: the epoch.
    Policy,
    /// New values of a moved prompt; place: the epoch.
    Rebirth,
    /// Whatever a caller of the library wants.
    Caller,
    /// A CLS token that is drawn anew.
    ClsInit,
    /// Dropout in hidden layers of the head; place: epoch and image, and the layer.
    HeadDropout,
    /// Initial adapters; place: the block.
    AdapterInit,
    /// How images of a batch are mixed; place: epoch and image.
    Mixing,
    /// Initial matrices of low rank; place: the block, and the map.
    LowRankInit,
    /// Initial scales and shifts; place: the block, and the layer.
    ScaleShiftInit,
    /// What joins a side network to the other one.
    SideInit,
    /// Dropout within the backbone; place: epoch and image, and the place in the network.
    BackboneDropout,
    /// Candidates for exchanges; place: the epoch, and what is drawn or the block.
    Candidates,
    /// Rows of the nursery; place: the epoch, and the block.
    Nursery,
}

/// How a purpose enters the key of its streams. Runs depend on these numbers: add, never renumber.
enum Number {
    /// The key is (seed, number, place) as four little-endian words.
    Words(u64),
    /// The key is the SHA-256 of seed, number and the first word of the place. Purposes of learning
    /// have had it since the first run; to change it would change every run.
    Hashed(u8),
}

impl Purpose {
    fn number(self) -> Number {
        match self {
            Self::Augment => Number::Words(0),
            Self::Folder => Number::Words(1),
            Self::Sprites => Number::Words(2),
            Self::Sheet => Number::Words(3),
            Self::Mini => Number::Words(21),
            Self::PromptInit => Number::Hashed(0),
            Self::HeadInit => Number::Hashed(1),
            Self::Shuffle => Number::Hashed(2),
            Self::Dropout => Number::Hashed(3),
            Self::ScoringDropout => Number::Hashed(4),
            Self::Scoring => Number::Hashed(5),
            Self::Verify => Number::Hashed(6),
            Self::PolicyInit => Number::Hashed(7),
            Self::Policy => Number::Hashed(8),
            Self::Rebirth => Number::Hashed(9),
            Self::Caller => Number::Hashed(10),
            Self::ClsInit => Number::Hashed(11),
            Self::HeadDropout => Number::Words(4),
            Self::AdapterInit => Number::Words(5),
            Self::Mixing => Number::Words(12),
            Self::LowRankInit => Number::Words(16),
            Self::ScaleShiftInit => Number::Words(17),
            Self::SideInit => Number::Words(18),
            Self::BackboneDropout => Number::Words(20),
            Self::Candidates => Number::Words(32),
            Self::Nursery => Number::Words(33),
        }
    }

    fn key(self, seed: u64, place: [u64; 2]) -> [u8; 32] {
        match self.number() {
            Number::Words(number) => {
                let mut key = [0; 32];
                let words = [seed, number, place[0], place[1]];
                for (bytes, word) in key.chunks_exact_mut(8).zip(words) {
                    bytes.copy_from_slice(&word.to_le_bytes());
                }
                key
            }
            Number::Hashed(number) => {
                let mut hash = Sha256::new();
                hash.update(b"provpt stream");
                hash.update(seed.to_le_bytes());
                hash.update([number]);
                hash.update(place[0].to_le_bytes());
                hash.finalize().into()
            }
        }
    }
}

/// A stream of random numbers. Equal seeds give equal numbers, in every version and on every
/// machine.
#[derive(Clone, Debug)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// A stream for whoever puts the parts of this library together by hand.
    pub fn new(seed: u64) -> Self {
        stream(seed, Purpose::Caller, [0, 0])
    }
}

/// The stream of a purpose at a place, say in an epoch, of a run with this seed.
pub fn stream(seed: u64, purpose: Purpose, place: [u64; 2]) -> Stream {
    Stream(ChaCha8Rng::from_seed(purpose.key(seed, place)))
}

impl TryRng for Stream {
    type Error = Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0.try_next_u32()
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0.try_next_u64()
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.try_fill_bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{Rng, RngExt};

    use super::*;

    fn first(seed: u64, purpose: Purpose, place: u64) -> u64 {
        stream(seed, purpose, [place, 0]).next_u64()
    }

    #[test]
    fn streams_never_change_between_versions() {
        assert_eq!(first(18, Purpose::PromptInit, 0), 1_883_579_302_768_859_792);
        // (3, 2, 0, 0) as little-endian words is the key of ChaCha with 8 rounds.
        let mut key = [0; 32];
        (key[0], key[8]) = (3, 2);
        assert_eq!(first(3, Purpose::Sprites, 0), ChaCha8Rng::from_seed(key).next_u64());
    }

    #[test]
    fn neighbouring_streams_look_independent() {
        let n = 4000;
        let draw = |i| stream(1, Purpose::Policy, [i, 0]).random::<f64>();
        let sum: f64 = (0..n).map(draw).sum();
        assert!((sum / n as f64 - 0.5).abs() < 0.02, "{sum}");
    }

    proptest! {
        #[test]
        fn every_part_of_the_key_matters(seed: u64, place: u64) {
            for (purpose, other) in
                [(Purpose::Shuffle, Purpose::Dropout), (Purpose::Folder, Purpose::Sheet)]
            {
                let same = first(seed, purpose, place);
                prop_assert_eq!(first(seed, purpose, place), same);
                prop_assert_ne!(first(seed.wrapping_add(1), purpose, place), same);
                prop_assert_ne!(first(seed, other, place), same);
                prop_assert_ne!(first(seed, purpose, place.wrapping_add(1)), same);
            }
        }
    }
}
