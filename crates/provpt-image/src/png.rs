//! From RGB bytes to PNG files, without loss.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

use crate::{Error, Image};

impl Image {
    /// The image as a PNG file: RGB, or grey when every pixel is, which decodes to the same
    /// pixels.
    ///
    /// # Errors
    /// [`Error::Png`] when the encoder refuses.
    pub fn to_png(&self) -> Result<Vec<u8>, Error> {
        let (rgb, _) = self.pixels().as_chunks::<3>();
        let grey = rgb.iter().all(|&[r, g, b]| r == g && g == b);
        let luma: Vec<u8> = if grey { rgb.iter().map(|rgb| rgb[0]).collect() } else { Vec::new() };
        let (pixels, colour) = match grey {
            true => (luma.as_slice(), ExtendedColorType::L8),
            false => (self.pixels(), ExtendedColorType::Rgb8),
        };
        let mut file = Vec::new();
        PngEncoder::new_with_quality(&mut file, CompressionType::Default, FilterType::Adaptive)
            .write_image(pixels, self.width() as u32, self.height() as u32, colour)
            .map_err(|error| Error::Png { cause: error.to_string() })?;
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::{Decoding, decode_bytes};

    proptest! {
        #[test]
        fn pixels_come_back(
            width in 1_usize..9,
            height in 1_usize..9,
            levels in prop::collection::vec(any::<u8>(), 243),
            grey: bool,
        ) {
            let pixel = |i: usize| if grey { levels[i / 3] } else { levels[i] };
            let pixels = (0..3 * width * height).map(pixel).collect();
            let image = Image::from_rgb(width, height, pixels).unwrap();
            let file = image.to_png().unwrap();
            prop_assert_eq!(decode_bytes(&file, Path::new("x.png"), Decoding::default()).unwrap(), image);
        }
    }

    #[test]
    fn grey_takes_one_channel() {
        let noise: Vec<u8> =
            (0..64_u32 * 64).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let grey = Image::from_rgb(64, 64, noise.iter().flat_map(|&v| [v; 3]).collect()).unwrap();
        let rgb = Image::from_rgb(64, 64, noise.iter().flat_map(|&v| [v, v / 2, v]).collect());
        assert!(2 * grey.to_png().unwrap().len() < 3 * rgb.unwrap().to_png().unwrap().len());
    }
}
