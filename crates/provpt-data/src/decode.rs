//! From image files to RGB bytes, as PIL's `convert("RGB")` sees them.

use std::io::{BufRead, Cursor, Seek};
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageReader, RgbImage};

use crate::{Error, Image};

const MAX_SIDE: u32 = 20_000;
const MAX_BYTES: u64 = 512 << 20;

/// Decodes one file (BMP, GIF, JPEG, PNG, TIFF, WebP, told apart by content) to RGB.
///
/// As PIL's `convert("RGB")`: grey is repeated, palettes are looked up, alpha is dropped and not
/// blended, EXIF orientation is left alone. 16-bit channels keep their high byte, as PIL does for
/// colour; PIL clips 16-bit *grey* at 255 instead, which blanks the picture, so grey keeps its
/// high byte here, too.
///
/// # Errors
/// [`Error::Undecodable`], and [`Error::TooLarge`] beyond 20,000 pixels a side or 512 MiB decoded
/// (found in the header, before anything is allocated).
pub fn decode_file(path: impl AsRef<Path>) -> Result<Image, Error> {
    let path = path.as_ref();
    let reader = ImageReader::open(path).map_err(|e| undecodable(path, &e))?;
    decode(reader, path)
}

/// Decodes an image in memory; `name` stands for its path in errors.
pub(crate) fn decode_bytes(bytes: &[u8], name: &Path) -> Result<Image, Error> {
    decode(ImageReader::new(Cursor::new(bytes)), name)
}

fn decode(reader: ImageReader<impl BufRead + Seek>, path: &Path) -> Result<Image, Error> {
    let decoder = reader
        .with_guessed_format()
        .map_err(|e| undecodable(path, &e))?
        .into_decoder()
        .map_err(|e| undecodable(path, &e))?;
    let (width, height) = decoder.dimensions();
    if width.max(height) > MAX_SIDE || decoder.total_bytes() > MAX_BYTES {
        let (path, max_side, max_mib) = (path.to_owned(), MAX_SIDE, MAX_BYTES >> 20);
        return Err(Error::TooLarge { path, width, height, max_side, max_mib });
    }
    let image = DynamicImage::from_decoder(decoder).map_err(|e| undecodable(path, &e))?;
    let rgb = into_rgb(image);
    let (width, height) = (rgb.width() as usize, rgb.height() as usize);
    Image::from_rgb(width, height, rgb.into_raw()).map_err(|e| undecodable(path, &e))
}

fn into_rgb(image: DynamicImage) -> RgbImage {
    use DynamicImage::{ImageLuma16, ImageLumaA16, ImageRgb16, ImageRgba16};
    match image {
        ImageLuma16(_) | ImageLumaA16(_) | ImageRgb16(_) | ImageRgba16(_) => {
            let wide = image.into_rgb16();
            RgbImage::from_fn(wide.width(), wide.height(), |x, y| {
                image::Rgb(wide.get_pixel(x, y).0.map(|v| (v >> 8) as u8))
            })
        }
        other => other.into_rgb8(),
    }
}

fn undecodable(path: &Path, cause: &dyn std::fmt::Display) -> Error {
    let cause = cause.to_string().lines().collect::<Vec<_>>().join(" ");
    Error::Undecodable { path: path.to_owned(), cause }
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, ImageBuffer, Luma, LumaA, Rgb, Rgba, RgbaImage};

    use super::*;

    fn decoded(name: &str, image: impl Into<DynamicImage>) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        image.into().save(&path).unwrap();
        decode_file(&path).unwrap().pixels().to_vec()
    }

    #[test]
    fn every_colour_type_becomes_rgb_as_in_pil() {
        let grey = GrayImage::from_pixel(1, 1, Luma([77]));
        assert_eq!(decoded("grey.png", grey.clone()), [77; 3]);
        assert_eq!(decoded("palette.bmp", grey), [77; 3]); // written with a 256-entry palette
        let two = RgbaImage::from_fn(2, 1, |x, _| Rgba([x as u8 * 200, 10, 0, 255]));
        assert_eq!(decoded("palette.gif", two), [0, 10, 0, 200, 10, 0]);
        let clear = RgbaImage::from_pixel(1, 1, Rgba([10, 20, 30, 0]));
        assert_eq!(decoded("alpha.png", clear), [10, 20, 30]); // dropped, not blended
    }

    #[test]
    fn sixteen_bits_keep_the_high_byte() {
        let rgb = ImageBuffer::from_pixel(1, 1, Rgb([0x12ff_u16, 0x3400, 0xffff]));
        assert_eq!(decoded("rgb.png", rgb), [0x12, 0x34, 0xff]);
        let grey = ImageBuffer::from_pixel(1, 1, LumaA([0x80ff_u16, 0]));
        assert_eq!(decoded("grey.png", grey), [0x80; 3]);
    }

    #[test]
    fn content_decides_not_the_extension() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("really-a-png.jpg");
        let image = GrayImage::from_pixel(3, 2, Luma([5]));
        image.save_with_format(&path, image::ImageFormat::Png).unwrap();
        let image = decode_file(&path).unwrap();
        assert_eq!((image.width(), image.height()), (3, 2));
    }

    #[test]
    fn bad_files_are_named_with_the_cause() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bad.png");
        fs_err::write(&path, b"\x89PNG\r\n\x1a\n and then nothing good").unwrap();
        let message = decode_file(&path).unwrap_err().to_string();
        let start = format!("{}: undecodable image: ", path.display());
        assert!(message.starts_with(&start) && message.len() > start.len(), "{message}");
        assert_eq!(message.lines().count(), 1);
    }

    #[test]
    fn absurd_sizes_are_refused_from_the_header() {
        let folder = tempfile::tempdir().unwrap();
        for (width, height) in [(30_000_u32, 2_u32), (19_000, 19_000)] {
            let path = folder.path().join(format!("{width}.bmp"));
            let mut header = vec![0; 54];
            header[..2].copy_from_slice(b"BM");
            for (at, value) in [(10, 54), (14, 40), (18, width), (22, height)] {
                header[at..at + 4].copy_from_slice(&u32::to_le_bytes(value));
            }
            (header[26], header[28]) = (1, 24);
            fs_err::write(&path, header).unwrap();
            let expected = format!(
                "{}: image too large: expected at most 20000x20000 pixels and 512 MiB decoded, \
                 got {width}x{height} pixels",
                path.display()
            );
            assert_eq!(decode_file(&path).unwrap_err().to_string(), expected);
        }
    }
}
