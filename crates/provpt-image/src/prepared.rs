//! Images half way to a batch: decoded and resized, not yet cropped at random or normalized. What
//! can be kept and used in every epoch.

use std::sync::Arc;

use crate::augment::resized_crop;
use crate::pillow::Resizer;
use crate::resize::{Levels, Window, resample};
use crate::{Augment, Crops, Fit, Image, Interpolation, Preprocess, RandomCrop};

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
    /// Brings an image half way, such that these crops can still be taken. What grows is kept as it
    /// is.
    pub fn prepare(&self, image: Arc<Image>, crops: Crops, resizer: &mut Resizer) -> Prepared {
        let full = self.full(image.width(), image.height());
        let window = match (self.fit, crops) {
            (_, Crops::AnyPart) => return Prepared::Decoded(image),
            (Fit::ShortSideCrop { .. }, Crops::AnyPlace) => {
                Window { full, corner: (0, 0), size: full }
            }
            (Fit::Squash, _) | (_, Crops::Evaluation) => self.window(full, None),
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
    /// prepared. With an augmentation and the image's index in its split, it is what training sees,
    /// of what was prepared for such crops.
    pub fn finish(
        &self,
        prepared: &Prepared,
        augment: Option<(Augment, usize)>,
        resizer: &mut Resizer,
        out: &mut [f32],
    ) {
        let Some((augment, index)) = augment else {
            let levels = self.cut(prepared, self.window(self.full_of(prepared), None), resizer);
            return self.normalize(&levels, false, out);
        };
        let mut random = augment.stream(index);
        let window = match (augment.ways.crop, prepared) {
            (RandomCrop::Resized { least }, Prepared::Decoded(image)) => {
                resized_crop((image.width(), image.height()), self.size, least, &mut random)
            }
            (RandomCrop::Never, _) => self.window(self.full_of(prepared), None),
            _ => self.window(self.full_of(prepared), Some(&mut random)),
        };
        let flip = augment.flips(self.fit, &mut random);
        let levels = self.cut(prepared, window, resizer);
        let levels = augment.recolour(levels, self.size, &mut random);
        self.normalize(&levels, flip, out);
    }

    /// Size of the whole image once it is resized.
    fn full_of(&self, prepared: &Prepared) -> (usize, usize) {
        match prepared {
            Prepared::Decoded(image) => self.full(image.width(), image.height()),
            Prepared::Resized { width, height, .. } => (*width, *height),
        }
    }

    fn cut(&self, prepared: &Prepared, window: Window, resizer: &mut Resizer) -> Levels {
        match prepared {
            Prepared::Decoded(image) => resample(image, window, self.interpolation, resizer),
            Prepared::Resized { levels: Levels::Whole(levels), .. } => {
                Levels::Whole(cut(levels, window))
            }
            Prepared::Resized { levels: Levels::Fractions(levels), .. } => {
                Levels::Fractions(cut(levels, window))
            }
        }
    }
}

/// The levels inside a window of an image of its full size.
fn cut<T: Copy>(levels: &[T], window: Window) -> Vec<T> {
    let (left, top) = window.corner;
    let (width, height) = window.size;
    let rows = levels.chunks_exact(3 * window.full.0).skip(top).take(height);
    rows.flat_map(|row| &row[3 * left..3 * (left + width)]).copied().collect()
}
