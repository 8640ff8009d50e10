//! From image files to RGB bytes, as PIL's `convert("RGB")` sees them.

mod bmp;
mod bmp_rle;
mod common;
mod gif;
mod ifd;
mod jpeg;
mod jpeg_damage;
mod jpeg_inks;
mod levels;
mod orientation;
mod pnm;
mod tiff;

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::panic::catch_unwind;
use std::path::Path;

use crate::{Error, Image};

const MAX_SIDE: u32 = 20_000;
/// For the pixels as stored and as RGB, each. As RGB this is where Pillow refuses, too.
const MAX_BYTES: u64 = 512 << 20;

/// Endings of names of such files.
const ENDINGS: [&str; 14] = [
    "bmp", "gif", "jfif", "jpe", "jpeg", "jpg", "pbm", "pgm", "png", "pnm", "ppm", "tif", "tiff",
    "webp",
];

/// What a decoder hands over: `rgb` `[height, width, 3]`.
struct Decoded {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

/// Why there is no image; the path is added where it is known.
enum Fault {
    Bad(String),
    TooLarge(u32, u32),
}

impl<E: std::error::Error> From<E> for Fault {
    fn from(cause: E) -> Self {
        // The standard library's words for a file that ends early, in whatever error they come.
        let cause = cause.to_string();
        Self::Bad(cause.replace("failed to fill whole buffer", "the file ends early"))
    }
}

impl Fault {
    fn at(self, path: &Path) -> Error {
        let path = path.to_owned();
        match self {
            Self::Bad(cause) => {
                let cause = cause.lines().collect::<Vec<_>>().join(" ");
                Error::Undecodable { path, cause }
            }
            Self::TooLarge(width, height) => {
                let (max_side, max_mib) = (MAX_SIDE, MAX_BYTES >> 20);
                Error::TooLarge { path, width, height, max_side, max_mib }
            }
        }
    }
}

/// Choices in decoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Decoding {
    /// Turns the image as its EXIF (or XMP) orientation asks, as PIL's `ImageOps.exif_transpose`.
    /// Off by default, as in the published code.
    pub exif: bool,
}

/// Decodes one file (BMP, GIF, JPEG, PNG, PNM, TIFF, WebP, told apart by content) to RGB.
///
/// As PIL's `Image.open(path).convert("RGB")`: grey is repeated, palettes are looked up, alpha is
/// dropped and not blended, 16-bit colour keeps its high byte, the first frame or page counts, EXIF
/// orientation is left alone (but PIL turns every TIFF, and so does this). Levels are PIL's own;
/// JPEGs decode as with libjpeg-turbo.
///
/// Beware of grey of 16 bits, 32 bits or floats (PNG, TIFF): PIL does not scale it but clips it at
/// 255, which blanks most such pictures. Scale them before they are used.
///
/// # Errors
/// [`Error::Undecodable`], and [`Error::TooLarge`] beyond 20,000 pixels a side, or 512 MiB as stored
/// or as RGB (found in the header, before anything is allocated). Memory is bounded whatever the
/// file says: the file (at most 512 MiB), a few times its pixels as stored, and the RGB; below 3 GiB
/// for a TIFF at every limit. Truncated files are errors, as in PIL. Not read, though PIL does:
/// TIFFs in CIE L*a*b*, fax group 3 or reversed bits, GIFs without any palette, JPEGs of arithmetic
/// codes or whose first of three components is not the finest, and damage that every decoder shows
/// in its own way: bad codes and lost restart markers in JPEGs, fax lines that are not filled. (WebP
/// has neither checksums nor bad codes: its damage shows as other pixels, there and here.)
pub fn decode_file(path: impl AsRef<Path>) -> Result<Image, Error> {
    decode_file_with(path, Decoding::default())
}

/// As [`decode_file`], with choices.
///
/// # Errors
/// As [`decode_file`].
pub fn decode_file_with(path: impl AsRef<Path>, decoding: Decoding) -> Result<Image, Error> {
    let path = path.as_ref();
    let bytes = read(path)?;
    decode_bytes(&bytes, path, decoding)
}

/// As [`decode_file_with`], of an image in memory; `name` stands for its path in errors.
///
/// # Errors
/// As [`decode_file`].
pub fn decode_bytes(bytes: &[u8], name: &Path, decoding: Decoding) -> Result<Image, Error> {
    // The decoders are not known to panic; should one, this file is bad and the others are not.
    let decoded = catch_unwind(|| decode(bytes, decoding))
        .unwrap_or_else(|_| Err(Fault::Bad("the decoder failed on it".to_owned())))
        .map_err(|fault| fault.at(name))?;
    Image::from_rgb(decoded.width, decoded.height, decoded.rgb).map_err(|e| Fault::from(e).at(name))
}

/// Whether a name's ending is that of an image that is decoded here.
pub fn is_image_name(path: &Path) -> bool {
    let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known))
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    // The message names the file already.
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|cause| Error::Unreadable { path: path.to_owned(), cause })?;
    match bytes.len() as u64 > MAX_BYTES {
        true => {
            let more = format!("expected at most {} MiB, got more", MAX_BYTES >> 20);
            Err(Fault::Bad(more).at(path))
        }
        false => Ok(bytes),
    }
}

fn decode(bytes: &[u8], decoding: Decoding) -> Result<Decoded, Fault> {
    let (image, orientation) = match bytes {
        [0xff, 0xd8, 0xff, ..] => jpeg::decode(bytes)?,
        [b'G', b'I', b'F', ..] => (gif::decode(bytes)?, 1),
        [b'B', b'M', ..] => bmp::decode(bytes)?,
        [b'I', b'I', ..] | [b'M', b'M', ..] => (tiff::decode(bytes)?, 1),
        [b'P', b'1'..=b'6', blank, ..] if blank.is_ascii_whitespace() => (pnm::decode(bytes)?, 1),
        _ => common::decode(bytes)?,
    };
    Ok(if decoding.exif { orientation::apply(image, orientation) } else { image })
}

/// Refuses what would take too much memory, `bytes` being what the decoder makes of it.
fn check_size(width: u32, height: u32, bytes: u64) -> Result<(), Fault> {
    let rgb = (u64::from(width) * u64::from(height)).saturating_mul(3);
    if width.max(height) > MAX_SIDE || bytes.max(rgb) > MAX_BYTES {
        return Err(Fault::TooLarge(width, height));
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // the helpers between the tests, too
mod hostile_tests;

#[cfg(test)]
mod tests {
    use image::{DynamicImage, GrayImage, ImageBuffer, Luma, LumaA, Rgb, Rgba, RgbaImage};

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
        let clear = RgbaImage::from_pixel(1, 1, Rgba([10, 20, 30, 0]));
        assert_eq!(decoded("alpha.png", clear), [10, 20, 30]); // dropped, not blended
    }

    #[test]
    fn sixteen_bits_keep_the_high_byte_but_for_grey() {
        let rgb = ImageBuffer::from_pixel(1, 1, Rgb([0x12ff_u16, 0x3400, 0xffff]));
        assert_eq!(decoded("rgb.png", rgb), [0x12, 0x34, 0xff]);
        let grey = ImageBuffer::from_pixel(1, 1, LumaA([0x80ff_u16, 0]));
        assert_eq!(decoded("grey.png", grey), [0x80; 3]);
        let grey = ImageBuffer::from_fn(2, 1, |x, _| Luma([x as u16 * 300 + 7]));
        assert_eq!(decoded("grey.png", grey), [7, 7, 7, 255, 255, 255]); // as Pillow
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
    fn what_cannot_be_read_is_not_called_damaged() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().join("gone.png"), folder.path().to_owned()] {
            let error = decode_file(&path).unwrap_err();
            assert!(matches!(error, Error::Unreadable { .. }), "{error}");
            let start = format!("{}: cannot read the image: ", path.display());
            assert!(error.to_string().starts_with(&start), "{error}");
        }
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
                "{}: image too large: expected at most 20000 pixels a side, and 512 MiB as stored \
                 and as RGB, got {width}x{height} pixels",
                path.display()
            );
            assert_eq!(decode_file(&path).unwrap_err().to_string(), expected);
        }
    }
}
