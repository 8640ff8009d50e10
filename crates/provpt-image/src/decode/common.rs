//! The formats that the `image` crate decodes as Pillow does: BMP, PNG, WebP.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageReader, Limits};

use super::{Decoded, Fault, MAX_BYTES, MAX_SIDE, check_size, levels, orientation};

/// The image, and the orientation that EXIF asks for.
pub(super) fn decode(bytes: &[u8]) -> Result<(Decoded, u8), Fault> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    check_size(width, height, decoder.total_bytes())?;
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(2 * MAX_BYTES);
    decoder.set_limits(limits)?;
    let exif = decoder.exif_metadata().unwrap_or_default();
    let xmp = decoder.xmp_metadata().unwrap_or_default();
    let orientation = orientation::read(exif.as_deref(), xmp.as_deref());
    let image = DynamicImage::from_decoder(decoder)?;
    let (width, height) = (width as usize, height as usize);
    let mut rgb = into_rgb(image, grey_of_16_bits(bytes));
    if let Some(bits) = bits_of_16(bytes) {
        stretch(&mut rgb, bits);
    }
    Ok((Decoded { width, height, rgb }, orientation))
}

/// A PNG of 16-bit grey without alpha: Pillow holds it in a mode of its own.
fn grey_of_16_bits(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG") && bytes.get(24..26) == Some(&[16, 0])
}

/// Bits of red, green and blue in a BMP of 16 bits per pixel.
fn bits_of_16(bytes: &[u8]) -> Option<[u32; 3]> {
    let sixteen = bytes.starts_with(b"BM") && bytes.get(28..30) == Some(&[16, 0]);
    let green_of_6 = bytes.get(58..62) == Some(&0x7e0_u32.to_le_bytes());
    let fields = bytes.get(30..34) == Some(&3_u32.to_le_bytes());
    sixteen.then_some([5, if fields && green_of_6 { 6 } else { 5 }, 5])
}

/// Pillow stretches 5 or 6 bits to a level by `255 / most`, rounded down.
fn stretch(rgb: &mut [u8], bits: [u32; 3]) {
    let (pixels, _) = rgb.as_chunks_mut::<3>();
    for pixel in pixels {
        for (level, bits) in pixel.iter_mut().zip(bits) {
            let number = u32::from(*level >> (8 - bits));
            *level = (number * 255 / ((1 << bits) - 1)) as u8;
        }
    }
}

/// Alpha is dropped. Of 16 bits the high byte stays, but Pillow clips levels of grey at 255.
fn into_rgb(image: DynamicImage, clip: bool) -> Vec<u8> {
    use DynamicImage::{ImageLuma16, ImageLumaA16, ImageRgb16, ImageRgba16};
    let narrow = |level: u16| match clip {
        true => level.min(255) as u8,
        false => (level >> 8) as u8,
    };
    match image {
        ImageLuma16(grey) => levels::grey(grey.into_raw().into_iter().map(narrow)),
        ImageLumaA16(grey) => levels::grey(grey.pixels().map(|pixel| narrow(pixel.0[0]))),
        ImageRgb16(rgb) => rgb.into_raw().into_iter().map(narrow).collect(),
        ImageRgba16(rgb) => {
            let (pixels, _) = rgb.as_chunks::<4>();
            pixels.iter().flat_map(|&[r, g, b, _]| [r, g, b].map(narrow)).collect()
        }
        other => other.into_rgb8().into_raw(),
    }
}
