//! What training shows of an image: crops, flips, other colours and shapes. All of it depends on
//! seed, epoch and the image's index in its split alone.

mod colour;
mod crop;
mod random_ops;
mod warp;

use provpt_base::{Purpose, Stream, stream};
use rand::RngExt;

use crate::Fit;
use crate::resize::Levels;
use colour::Colours;
pub(crate) use crop::resized_crop;

/// The way training sees a split in one epoch. What happens to an image depends on seed and epoch
/// and its index in the split alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Augment {
    /// The run's seed.
    pub seed: u64,
    /// Counted from anything; another epoch, other crops.
    pub epoch: u64,
    /// What is done.
    pub ways: Augmentation,
}

/// What is done to the images of training. By default what the [`Fit`] knows: random crops and
/// flips where the short side is resized, nothing where images are squashed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Augmentation {
    /// How the square is cut out.
    pub crop: RandomCrop,
    /// Mirrored from left to right half of the time; none: as the fit has it.
    pub flip: Option<bool>,
    /// Brightness, contrast and saturation change by factors in `1 - jitter ..= 1 + jitter`.
    pub jitter: f32,
    /// How many operations RandAugment applies.
    pub operations: usize,
    /// How strong they are, 0..=10.
    pub magnitude: f32,
}

/// How the square that training sees is cut out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RandomCrop {
    /// As the fit has it: at a random place where the short side is resized.
    ByFit,
    /// As evaluation does.
    Never,
    /// A random part of the image, resized to the square (Szegedy et al., Going deeper with
    /// convolutions, CVPR 2015).
    Resized {
        /// The least share of the image's area.
        least: f64,
    },
}

/// Which crops must be possible of what is prepared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Crops {
    /// That of evaluation.
    Evaluation,
    /// Any place of the resized image.
    AnyPlace,
    /// Any part of the image as it was decoded.
    AnyPart,
}

impl Default for Augmentation {
    fn default() -> Self {
        Self { crop: RandomCrop::ByFit, flip: None, jitter: 0.0, operations: 0, magnitude: 9.0 }
    }
}

impl Augmentation {
    /// What must be prepared for it.
    pub fn crops(&self, fit: Fit) -> Crops {
        match (self.crop, fit) {
            (RandomCrop::Resized { .. }, _) => Crops::AnyPart,
            (RandomCrop::ByFit, Fit::ShortSideCrop { .. }) => Crops::AnyPlace,
            (RandomCrop::ByFit, Fit::Squash) | (RandomCrop::Never, _) => Crops::Evaluation,
        }
    }

    /// Whether training sees images otherwise than evaluation does.
    pub fn varies(&self, fit: Fit) -> bool {
        self.crops(fit) != Crops::Evaluation || self.flips(fit) || self.recolours()
    }

    fn flips(&self, fit: Fit) -> bool {
        self.flip.unwrap_or(matches!(fit, Fit::ShortSideCrop { .. }))
    }

    fn recolours(&self) -> bool {
        self.jitter > 0.0 || self.operations > 0
    }
}

impl Augment {
    /// Crops and flips as the fit has them.
    pub fn by_fit(seed: u64, epoch: u64) -> Self {
        Self { seed, epoch, ways: Augmentation::default() }
    }

    /// The random numbers of one image.
    pub(crate) fn stream(self, index: usize) -> Stream {
        stream(self.seed, Purpose::Augment, [self.epoch, index as u64])
    }

    /// Whether an image is to be mirrored; to be asked after its crop.
    pub(crate) fn flips(&self, fit: Fit, random: &mut Stream) -> bool {
        self.ways.flips(fit) && random.random::<bool>()
    }

    /// Changes colours and shapes of a square, after its crop and flip were chosen.
    pub(crate) fn recolour(&self, levels: Levels, side: usize, random: &mut Stream) -> Levels {
        if !self.ways.recolours() {
            return levels;
        }
        let mut colours = Colours::new(&levels, side);
        random_ops::apply(&mut colours, self.ways.operations, self.ways.magnitude, random);
        colours.jitter(self.ways.jitter, random);
        Levels::Fractions(colours.levels())
    }
}

#[cfg(test)]
mod tests;
