//! Images half way to a batch: decoded and resized, not yet cropped at random or normalized. What
//! can be kept and used in every epoch.

use std::sync::Arc;

use crate::pillow::Resizer;
use crate::resize::{Levels, Window, resample};
use crate::{Augment, Fit, Image, Interpolation, Preprocess};

/// An image as it is kept: resized, or as it was decoded where that takes less room.
#[derive(Debug, Clone, PartialEq)]
pub enum Prepared {
    /// Not resized yet.
    Decoded(Arc<Image>),
    /// Resized.
    Resized {
        /// Pixels per row.
        width: usize,
        /// Rows.
        height: usize,
        /// `[height, width, 3]`.
        levels: Levels,
    },
}

impl Prepared {
    /// Bytes of its pixels.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Decoded(image) => image.pixels().len(),
            Self::Resized { levels: Levels::Whole(levels), .. } => levels.len(),
            Self::Resized { levels: Levels::Fractions(levels), .. } => {
                size_of_val(levels.as_slice())
            }
        }
    }
}

impl Preprocess {
    /// Brings an image half way: with `crops` such that any crop can still be taken, else to what
    /// evaluation sees. What grows is kept as it is.
    pub fn prepare(&self, image: Arc<Image>, crops: bool, resizer: &mut Resizer) -> Prepared {
        let full = self.full(image.width(), image.height());
        let window = match self.fit {
            Fit::ShortSideCrop { .. } if crops => Window { full, corner: (0, 0), size: full },
            _ => self.window(full, None),
        };
        let (width, height) = window.size;
        let level = if self.interpolation == Interpolation::Bilinear { 4 } else { 1 };
        if width.saturating_mul(height).saturating_mul(3 * level) >= image.pixels().len() {
            return Prepared::Decoded(image);
        }
        let levels = resample(&image, window, self.interpolation, resizer);
        Prepared::Resized { width, height, levels }
    }

    /// Crops and normalizes to `out` `[3, size, size]`: resizing, then cropping, whatever was
    /// prepared. With an augmentation and the image's index in its split, the crop is a random one,
    /// of what was prepared for crops.
    pub fn finish(
        &self,
        prepared: &Prepared,
        augment: Option<(Augment, usize)>,
        resizer: &mut Resizer,
        out: &mut [f32],
    ) {
        let mut random = augment.map(|(augment, index)| augment.stream(index));
        let full = match prepared {
            Prepared::Decoded(image) => self.full(image.width(), image.height()),
            Prepared::Resized { width, height, .. } => (*width, *height),
        };
        let window = self.window(full, random.as_mut());
        let flip = self.flips(random);
        let levels = match prepared {
            Prepared::Decoded(image) => resample(image, window, self.interpolation, resizer),
            Prepared::Resized { levels: Levels::Whole(levels), .. } => {
                Levels::Whole(cut(levels, window))
            }
            Prepared::Resized { levels: Levels::Fractions(levels), .. } => {
                Levels::Fractions(cut(levels, window))
            }
        };
        self.normalize(&levels, flip, out);
    }
}

/// The levels inside a window of an image of its full size.
fn cut<T: Copy>(levels: &[T], window: Window) -> Vec<T> {
    let (left, top) = window.corner;
    let (width, height) = window.size;
    let rows = levels.chunks_exact(3 * window.full.0).skip(top).take(height);
    rows.flat_map(|row| &row[3 * left..3 * (left + width)]).copied().collect()
}
