//! Changing an image's size, and TensorFlow 1's way of doing it.

use provpt_base::Interpolation;

use crate::pillow::{Filter, Resizer};
use crate::{Error, Image};

/// The part of a resized image that is wanted; each pair is (x, y).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    /// Size that the whole image is resized to.
    pub(crate) full: (usize, usize),
    /// Corner of the window in it.
    pub(crate) corner: (usize, usize),
    /// Size of the window.
    pub(crate) size: (usize, usize),
}

/// Levels 0..255 of (a part of) an image, `[height, width, 3]`.
#[derive(Debug, Clone, PartialEq)]
pub enum Levels {
    /// Rounded, as Pillow does.
    Whole(Vec<u8>),
    /// Not rounded, as TensorFlow does.
    Fractions(Vec<f32>),
}

impl Image {
    /// The image at another size, as Pillow's `Image.resize` with `BILINEAR`.
    ///
    /// # Errors
    /// [`Error::Pixels`] where no pixel would be left.
    pub fn resized(&self, width: usize, height: usize) -> Result<Self, Error> {
        if width == 0 || height == 0 {
            return Self::from_rgb(width, height, Vec::new());
        }
        let size = (width, height);
        let window = Window { full: size, corner: (0, 0), size };
        Self::from_rgb(width, height, Resizer::new().pillow(self, window, Filter::Bilinear))
    }
}

/// Resizes `image`, computing nothing outside `window`: what a long thin image would grow to is
/// never held.
pub(crate) fn resample(
    image: &Image,
    window: Window,
    interpolation: Interpolation,
    resizer: &mut Resizer,
) -> Levels {
    if window.full == (image.width(), image.height()) {
        return Levels::Whole(crop(image, window));
    }
    match interpolation {
        Interpolation::Bilinear => Levels::Fractions(bilinear(image, window)),
        Interpolation::PilBilinear => {
            Levels::Whole(resizer.pillow(image, window, Filter::Bilinear))
        }
        Interpolation::PilBicubic => Levels::Whole(resizer.pillow(image, window, Filter::Bicubic)),
        Interpolation::Pil13Bilinear => {
            Levels::Whole(resizer.pillow13(image, window, Filter::Bilinear))
        }
        Interpolation::Pil13Bicubic => {
            Levels::Whole(resizer.pillow13(image, window, Filter::Bicubic))
        }
    }
}

fn crop(image: &Image, window: Window) -> Vec<u8> {
    let (left, top) = window.corner;
    let (width, height) = window.size;
    let rows = image.pixels().chunks_exact(3 * image.width()).skip(top).take(height);
    rows.flat_map(|row| &row[3 * left..3 * (left + width)]).copied().collect()
}

fn bilinear(image: &Image, window: Window) -> Vec<f32> {
    let columns = taps(image.width(), window.full.0, window.corner.0, window.size.0);
    let rows = taps(image.height(), window.full.1, window.corner.1, window.size.1);
    let pixels = image.pixels();
    let mut out = Vec::with_capacity(3 * rows.len() * columns.len());
    for row in &rows {
        let [upper, lower] = row.at.map(|y| &pixels[3 * y * image.width()..]);
        for column in &columns {
            let [left, right] = column.at.map(|x| 3 * x);
            for c in 0..3 {
                let top = column.mix(upper[left + c].into(), upper[right + c].into());
                let bottom = column.mix(lower[left + c].into(), lower[right + c].into());
                out.push(row.mix(top, bottom));
            }
        }
    }
    out
}

/// The two source positions that a target position reads, and the weight of the second.
struct Tap {
    at: [usize; 2],
    weight: f32,
}

impl Tap {
    fn mix(&self, first: f32, second: f32) -> f32 {
        first + (second - first) * self.weight
    }
}

fn taps(source: usize, full: usize, corner: usize, size: usize) -> Vec<Tap> {
    // TensorFlow's own precision and order: f64 differs from it by hundredths of a level.
    let scale = source as f32 / full as f32;
    let tap = |target: usize| {
        let position = target as f32 * scale;
        let first = (position as usize).min(source - 1);
        let weight = position - first as f32;
        Tap { at: [first, (first + 1).min(source - 1)], weight }
    };
    (corner..corner + size).map(tap).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use safetensors::SafeTensors;

    use super::*;

    const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/resize.safetensors");
    const GOLDEN_13: &str =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/resize13.safetensors");

    fn whole(full: (usize, usize)) -> Window {
        Window { full, corner: (0, 0), size: full }
    }

    fn resampled(image: &Image, window: Window, interpolation: Interpolation) -> Vec<f32> {
        match resample(image, window, interpolation, &mut Resizer::new()) {
            Levels::Whole(levels) => levels.into_iter().map(f32::from).collect(),
            Levels::Fractions(levels) => levels,
        }
    }

    fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
        assert_eq!(a.len(), b.len());
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    /// Levels of a golden output, and its (width, height).
    fn golden(file: &SafeTensors<'_>, name: &str) -> (Vec<f32>, (usize, usize)) {
        let tensor = file.tensor(name).unwrap();
        let levels = match tensor.dtype() {
            safetensors::Dtype::U8 => tensor.data().iter().map(|&v| f32::from(v)).collect(),
            _ => {
                let floats = tensor.data().chunks_exact(4);
                floats.map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
            }
        };
        (levels, (tensor.shape()[1], tensor.shape()[0]))
    }

    fn agrees(path: &str, inputs: usize, interpolations: &[Interpolation]) {
        let bytes = fs_err::read(path).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        for i in 0..inputs {
            let input = file.tensor(&format!("{i}.input")).unwrap();
            let (height, width) = (input.shape()[0], input.shape()[1]);
            let image = Image::from_rgb(width, height, input.data().to_vec()).unwrap();
            for &interpolation in interpolations {
                let name = interpolation.as_str();
                let (expected, full) = golden(&file, &format!("{i}.{name}"));
                let got = resampled(&image, whole(full), interpolation);
                let tolerance = if name == "bilinear" { 1e-3 } else { 0.0 };
                let difference = largest_difference(&got, &expected);
                assert!(difference <= tolerance, "{i}.{name}: {difference}");
            }
        }
    }

    #[test]
    fn agrees_with_tensorflow_and_pillow() {
        agrees(GOLDEN, 5, &Interpolation::ALL[..3]);
    }

    #[test]
    fn agrees_with_pillow_13_in_both_orders() {
        agrees(GOLDEN_13, 7, &Interpolation::ALL[3..]);
    }

    #[test]
    fn names_round_trip_and_others_are_refused() {
        for value in Interpolation::ALL {
            assert_eq!(value.as_str().parse::<Interpolation>().unwrap(), value);
            assert_eq!(value.to_string(), value.as_str());
        }
        let message = "lanczos".parse::<Interpolation>().unwrap_err().to_string();
        assert_eq!(
            message,
            "interpolation: expected bilinear, pil-bilinear, pil-bicubic, pil13-bilinear or \
             pil13-bicubic, got lanczos"
        );
    }

    #[test]
    fn a_long_thin_image_grows_only_inside_the_window() {
        let image = Image::from_rgb(20_000, 1, vec![9; 60_000]).unwrap();
        let window = Window { full: (5_120_000, 256), corner: (5_119_776, 16), size: (224, 224) };
        for interpolation in Interpolation::ALL {
            let out = resampled(&image, window, interpolation);
            assert_eq!(out.len(), 3 * 224 * 224);
            assert!(out.iter().all(|&v| v == 9.0));
        }
    }

    proptest! {
        #[test]
        fn a_window_is_a_crop_of_the_whole(
            (width, height) in (1_usize..40, 1_usize..40),
            full in (2_usize..60, 2_usize..60),
            (at, part) in ((0.0..1.0, 0.0..1.0), (0.0..1.0, 0.0..1.0)),
            which in 0_usize..5,
        ) {
            let levels = (0..3 * width * height).map(|i| (i * 7919 % 251) as u8).collect();
            let image = Image::from_rgb(width, height, levels).unwrap();
            let pick = |full: usize, at: f64, part: f64| {
                let corner = (at * full as f64) as usize;
                (corner, 1 + (part * (full - corner - 1) as f64) as usize)
            };
            let (x, y) = (pick(full.0, at.0, part.0), pick(full.1, at.1, part.1));
            let window = Window { full, corner: (x.0, y.0), size: (x.1, y.1) };
            let interpolation = Interpolation::ALL[which];
            let got = resampled(&image, window, interpolation);
            let all = resampled(&image, whole(full), interpolation);
            let rows = all.chunks_exact(3 * full.0).skip(y.0).take(y.1);
            let expected: Vec<f32> =
                rows.flat_map(|r| r[3 * x.0..3 * (x.0 + x.1)].to_vec()).collect();
            prop_assert_eq!(got, expected);
        }
    }
}
