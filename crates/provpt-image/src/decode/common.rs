//! The formats that the `image` crate decodes as Pillow does: BMP, PNG, WebP.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::{Decoded, Fault, MAX_BYTES, MAX_SIDE, check_size, levels, orientation};
use crate::FileKind;

const READ: [ImageFormat; 3] = [ImageFormat::Bmp, ImageFormat::Png, ImageFormat::WebP];

/// The image, and the orientation that EXIF asks for.
pub(super) fn decode(bytes: &[u8]) -> Result<(Decoded, u8), Fault> {
    match whole(bytes) {
        Err(Fault::Bad(cause)) if bytes.starts_with(b"\x89PNG") => {
            whole(&with_end(bytes)).map_err(|_| Fault::Bad(cause))
        }
        other => other,
    }
}

fn whole(bytes: &[u8]) -> Result<(Decoded, u8), Fault> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    if reader.format().is_none_or(|format| !READ.contains(&format)) {
        return Err(Fault::Bad(stranger(bytes)));
    }
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

/// A PNG without its last chunk or a part of it gets it back: it holds nothing, and Pillow does not
/// miss it.
fn with_end(png: &[u8]) -> Vec<u8> {
    const END: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";
    let is_there = |&length: &usize| png.ends_with(&END[..length]);
    let there = (0..=END.len()).rev().find(is_there).unwrap_or(0);
    [png, &END[there..]].concat()
}

/// What is told of a file that is none of what is read.
fn stranger(bytes: &[u8]) -> String {
    /// Enough to know a web page or another text by.
    const SHOWN: usize = 24;
    match FileKind::of_bytes(bytes) {
        FileKind::OtherImage(name) => format!("{name} is not supported"),
        _ if bytes.is_empty() => "expected an image, got an empty file".to_owned(),
        _ => {
            let start = bytes[..bytes.len().min(SHOWN)].escape_ascii();
            format!("expected an image, got a file that begins with \"{start}\"")
        }
    }
}

/// A PNG of 16-bit grey without alpha: Pillow holds it in a mode of its own.
fn grey_of_16_bits(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG") && bytes.get(24..26) == Some(&[16, 0])
}

/// Bits of red, green and blue in a BMP of 16 bits per pixel, in the layouts that Pillow reads.
fn bits_of_16(bytes: &[u8]) -> Option<[u32; 3]> {
    let sixteen = bytes.starts_with(b"BM") && bytes.get(28..30) == Some(&[16, 0]);
    let fields = bytes.get(30..34) == Some(&3_u32.to_le_bytes());
    let mask = |at: usize| Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    match [54, 58, 62].map(mask) {
        _ if !sixteen => None,
        _ if !fields => Some([5, 5, 5]),
        [Some(0x7c00), Some(0x3e0), Some(0x1f)] => Some([5, 5, 5]),
        [Some(0xf800), Some(0x7e0), Some(0x1f)] => Some([5, 6, 5]),
        _ => None,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_layouts_of_sixteen_bits_that_pillow_reads_are_stretched_as_it_does() {
        let with = |masks: [u32; 3]| {
            let mut bmp = [&b"BM"[..], &[0; 12], &[40, 0, 0, 0], &[0; 36]].concat();
            (bmp[28], bmp[30]) = (16, 3);
            bmp.extend(masks.iter().flat_map(|mask| mask.to_le_bytes()));
            bits_of_16(&bmp)
        };
        assert_eq!(with([0xf800, 0x7e0, 0x1f]), Some([5, 6, 5]));
        assert_eq!(with([0x7c00, 0x3e0, 0x1f]), Some([5, 5, 5]));
        assert_eq!(with([0xf00, 0xf0, 0xf]), None);
    }
}
