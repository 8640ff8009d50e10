//! From a decoded image to normalized floats of a fixed square size.

use provpt_base::{Interpolation, Stream};
use rand::RngExt;

use crate::Error;
use crate::resize::{Levels, Window};

const MAX_SIDE: usize = 1 << 14;

/// How an image of any shape is brought to a square.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fit {
    /// Both sides are resized to the square's, whatever the aspect ratio (VTAB).
    Squash,
    /// The short side is resized to `resize` (the long one in proportion, rounded down), then a
    /// square is cropped: the centre for evaluation; a random place, and a horizontal flip half of
    /// the time, for training. As torchvision's `Resize`, `CenterCrop`, `RandomCrop` (FGVC).
    ShortSideCrop {
        /// Short side in pixels before the crop, at least the crop's side.
        resize: usize,
    },
}

/// What a backbone wants to see. An image that already has the wanted size is not resampled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preprocess {
    /// Side of the square in pixels.
    pub size: usize,
    /// How an image is brought to the square.
    pub fit: Fit,
    /// How pixels are interpolated.
    pub interpolation: Interpolation,
    /// Mean of red, green and blue on the scale 0..1.
    pub mean: [f32; 3],
    /// Standard deviation of red, green and blue on the scale 0..1.
    pub std: [f32; 3],
}

impl Preprocess {
    /// Floats per image: 3 * size * size.
    pub fn floats(&self) -> usize {
        3 * self.size * self.size
    }

    /// Refuses sizes that cannot be meant.
    ///
    /// # Errors
    /// [`Error::Size`] or [`Error::ShortSide`].
    pub fn check(&self) -> Result<(), Error> {
        let (max, size) = (MAX_SIDE, self.size);
        match self.fit {
            _ if !(1..=max).contains(&size) => Err(Error::Size { max, got: size }),
            Fit::ShortSideCrop { resize } if !(size..=max).contains(&resize) => {
                Err(Error::ShortSide { size, max, resize })
            }
            _ => Ok(()),
        }
    }

    /// Width and height of an image once the whole is resized.
    pub(crate) fn full(&self, width: usize, height: usize) -> (usize, usize) {
        let short = width.min(height).max(1);
        match self.fit {
            Fit::Squash => (self.size, self.size),
            Fit::ShortSideCrop { resize } => (resize * width / short, resize * height / short),
        }
    }

    /// The part that is wanted of an image whose full size is given.
    pub(crate) fn window(&self, full: (usize, usize), random: Option<&mut Stream>) -> Window {
        let side = self.size;
        let room = (full.0.saturating_sub(side), full.1.saturating_sub(side));
        let corner = match (self.fit, random) {
            (Fit::Squash, _) => (0, 0),
            (_, Some(random)) => (below_or_at(random, room.0), below_or_at(random, room.1)),
            (_, None) => (half(room.0), half(room.1)),
        };
        Window { full, corner, size: (side, side) }
    }

    /// Writes `(level / 255 - mean) / std` of levels `[size, size, 3]` to `out` `[3, size, size]`.
    pub(crate) fn normalize(&self, levels: &Levels, flip: bool, out: &mut [f32]) {
        match levels {
            Levels::Whole(levels) => {
                let table = [0, 1, 2].map(|c| self.table(c));
                self.planes(levels, flip, out, |c, level| table[c][usize::from(level)]);
            }
            Levels::Fractions(levels) => {
                self.planes(levels, flip, out, |c, level| self.value(c, level));
            }
        }
    }

    fn value(&self, c: usize, level: f32) -> f32 {
        (level / 255.0 - self.mean[c]) / self.std[c]
    }

    /// The values of all whole levels.
    fn table(&self, c: usize) -> [f32; 256] {
        std::array::from_fn(|level| self.value(c, level as f32))
    }

    fn planes<T: Copy>(
        &self,
        levels: &[T],
        flip: bool,
        out: &mut [f32],
        value: impl Fn(usize, T) -> f32,
    ) {
        let side = self.size;
        let (levels, _) = levels.as_chunks::<3>();
        for (c, plane) in out.chunks_exact_mut(side * side).enumerate() {
            for (row, source) in plane.chunks_exact_mut(side).zip(levels.chunks_exact(side)) {
                row.iter_mut().zip(source).for_each(|(out, pixel)| *out = value(c, pixel[c]));
                if flip {
                    row.reverse();
                }
            }
        }
    }
}

/// Half, and halves to the even neighbour, as Python's `round` in torchvision's `CenterCrop`.
fn half(room: usize) -> usize {
    (room as f64 / 2.0).round_ties_even() as usize
}

fn below_or_at(random: &mut Stream, most: usize) -> usize {
    random.random_range(0..=most as u64) as usize
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::pillow::Resizer;
    use crate::{Augment, Crops, Image};

    fn ramp(width: usize, height: usize) -> Image {
        let pixels = (0..3 * width * height).map(|i| (i % 256) as u8).collect();
        Image::from_rgb(width, height, pixels).unwrap()
    }

    /// With mean 0 and std 1/255 the output is the levels themselves.
    fn levels(size: usize, fit: Fit) -> Preprocess {
        let interpolation = Interpolation::PilBicubic;
        Preprocess { size, fit, interpolation, mean: [0.0; 3], std: [1.0 / 255.0; 3] }
    }

    fn applied(pre: &Preprocess, image: &Image, random: Option<(Augment, usize)>) -> Vec<i32> {
        floats(pre, image, random).into_iter().map(|v| v.round() as i32).collect()
    }

    fn floats(pre: &Preprocess, image: &Image, random: Option<(Augment, usize)>) -> Vec<f32> {
        let (mut resizer, mut out) = (Resizer::new(), vec![f32::NAN; pre.floats()]);
        let image = Arc::new(image.clone());
        let prepared = pre.prepare(
            image,
            if random.is_some() { Crops::AnyPlace } else { Crops::Evaluation },
            &mut resizer,
        );
        pre.finish(&prepared, random, &mut resizer, &mut out);
        out
    }

    fn channel(image: &Image, c: usize) -> Vec<i32> {
        image.pixels().iter().skip(c).step_by(3).map(|&v| v.into()).collect()
    }

    #[test]
    fn an_image_of_the_wanted_size_is_only_normalized_and_transposed() {
        let image = ramp(8, 8);
        let planes: Vec<i32> = (0..3).flat_map(|c| channel(&image, c)).collect();
        for fit in [Fit::Squash, Fit::ShortSideCrop { resize: 8 }] {
            assert_eq!(applied(&levels(8, fit), &image, None), planes);
        }
        let mut pre = levels(8, Fit::Squash);
        (pre.mean, pre.std) = ([0.5, 0.25, 0.0], [0.5, 1.0, 2.0]);
        let out = floats(&pre, &image, None);
        let pixel = &image.pixels()[30..33]; // x = 2, y = 1
        for c in 0..3 {
            let expected = (f32::from(pixel[c]) / 255.0 - pre.mean[c]) / pre.std[c];
            assert_eq!(out[64 * c + 10], expected);
        }
    }

    #[test]
    fn evaluation_crops_the_centre_rounding_as_torchvision() {
        // Room of 3 in x: torchvision takes round(1.5) = 2; room of 1: round(0.5) = 0.
        for (width, left) in [(7, 2), (5, 0)] {
            let image = ramp(width, 4);
            let got = applied(&levels(4, Fit::ShortSideCrop { resize: 4 }), &image, None);
            let rows: Vec<i32> = channel(&image, 0)
                .chunks(width)
                .flat_map(|row| row[left..left + 4].to_vec())
                .collect();
            assert_eq!(got[..16], rows);
        }
    }

    #[test]
    fn training_crops_lie_inside_reach_every_corner_and_flip_half_the_time() {
        let image = ramp(5, 6); // levels of red are 3 * (5 y + x): a crop tells where it is from
        let pre = levels(4, Fit::ShortSideCrop { resize: 5 });
        let mut seen = std::collections::BTreeMap::new();
        for index in 0..600 {
            let augment = Augment::by_fit(1, 2);
            let got = applied(&pre, &image, Some((augment, index)));
            let flip = got[0] > got[1];
            let first = if flip { got[3] } else { got[0] } as usize / 3;
            *seen.entry((first % 5, first / 5, flip)).or_insert(0) += 1;
        }
        // 2 places in x, 3 in y, flipped or not: 50 each on average.
        assert_eq!(seen.len(), 12, "{seen:?}");
        assert!(seen.values().all(|n| (25..80).contains(n)), "{seen:?}");
        assert!(seen.keys().all(|&(x, y, _)| x < 2 && y < 3), "{seen:?}");
    }

    #[test]
    fn squash_ignores_augmentation() {
        let image = ramp(9, 5);
        let pre = levels(4, Fit::Squash);
        let random = (Augment::by_fit(0, 0), 0);
        assert_eq!(applied(&pre, &image, Some(random)), applied(&pre, &image, None));
    }

    #[test]
    fn impossible_sizes_are_refused() {
        let message = |pre: Preprocess| pre.check().unwrap_err().to_string();
        let zero = levels(0, Fit::Squash);
        assert_eq!(message(zero), "image size: expected 1..=16384, got 0");
        let short = levels(224, Fit::ShortSideCrop { resize: 200 });
        assert_eq!(message(short), "short side before the crop: expected 224..=16384, got 200");
    }
}
