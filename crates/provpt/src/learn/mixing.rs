//! Mixup (Zhang et al., ICLR 2018) and CutMix (Yun et al., ICCV 2019): every image of a batch is
//! mixed with the one that stands as far from the batch's other end. How, depends on seed, epoch and
//! the image alone.

use std::ops::Range;

use provpt_base::{Purpose, Stream, stream};
use provpt_data::Augment;
use rand::RngExt;
use rand_distr::{Beta, Distribution};

/// Which ways images are mixed; of two, each image takes one or the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Mixing {
    /// Shares come from Beta(a, a) for this a; 0: no mixup.
    pub(crate) mixup: f64,
    /// The same for CutMix.
    pub(crate) cutmix: f64,
}

/// What becomes of one image.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mix {
    /// Place in the batch of the image that is mixed in.
    pub(crate) partner: usize,
    /// Its own share.
    pub(crate) share: f64,
    way: Way,
}

#[derive(Clone, Debug, PartialEq)]
enum Way {
    Blend,
    /// Rows and columns that the other image covers.
    Paste(Range<usize>, Range<usize>),
}

impl Mixing {
    /// Whether there is anything to be mixed.
    pub(crate) fn mixes(&self) -> bool {
        self.mixup > 0.0 || self.cutmix > 0.0
    }

    /// What becomes of the image at a place of the batch of images at `indices`.
    pub(crate) fn mix(
        &self,
        augment: &Augment,
        indices: &[usize],
        place: usize,
        side: usize,
    ) -> Mix {
        let at = [augment.epoch, indices[place] as u64];
        let mut random = stream(augment.seed, Purpose::Mixing, at);
        let partner = indices.len() - 1 - place;
        let pastes = match (self.mixup > 0.0, self.cutmix > 0.0) {
            (true, true) => random.random::<bool>(),
            (_, pastes) => pastes,
        };
        if pastes {
            let share = share(self.cutmix, &mut random);
            let (rows, columns) = hole(share, side, &mut random);
            let covered = (rows.len() * columns.len()) as f64 / (side * side) as f64;
            Mix { partner, share: 1.0 - covered, way: Way::Paste(rows, columns) }
        } else {
            Mix { partner, share: share(self.mixup, &mut random), way: Way::Blend }
        }
    }
}

impl Mix {
    /// Mixes another image into one; both `[3, side, side]`.
    pub(crate) fn apply(&self, image: &mut [f32], other: &[f32], side: usize) {
        match &self.way {
            Way::Blend => {
                let share = self.share as f32;
                for (value, other) in image.iter_mut().zip(other) {
                    *value = share * *value + (1.0 - share) * other;
                }
            }
            Way::Paste(rows, columns) => {
                let lines = image.chunks_exact_mut(side).zip(other.chunks_exact(side));
                for (row, (line, other)) in lines.enumerate() {
                    if rows.contains(&(row % side)) {
                        line[columns.clone()].copy_from_slice(&other[columns.clone()]);
                    }
                }
            }
        }
    }
}

fn share(concentration: f64, random: &mut Stream) -> f64 {
    let drawn = Beta::new(concentration, concentration).map(|beta| beta.sample(random));
    drawn.ok().filter(|share| share.is_finite()).unwrap_or(1.0)
}

/// Rows and columns of a hole that would leave this share if it lay inside the image; its centre is
/// anywhere, and what juts out is cut off.
fn hole(share: f64, side: usize, random: &mut Stream) -> (Range<usize>, Range<usize>) {
    let length = (side as f64 * (1.0 - share).max(0.0).sqrt()) as usize;
    let mut axis = || {
        let centre = random.random_range(0..side.max(1) as u64) as usize;
        centre.saturating_sub(length / 2)..(centre + length.div_ceil(2)).min(side)
    };
    (axis(), axis())
}

#[cfg(test)]
mod tests;
