//! EXIF orientation, as Pillow's `ImageOps.exif_transpose`.

use super::Decoded;
use super::ifd::Ifd;

const ORIENTATION: u16 = 274;

/// The orientation 1..=8 that EXIF says, else XMP, else 1 (as it is).
pub(super) fn read(exif: Option<&[u8]>, xmp: Option<&[u8]>) -> u8 {
    let exif = exif.map(|bytes| bytes.strip_prefix(b"Exif\0\0").unwrap_or(bytes));
    let said = exif.and_then(Ifd::first).and_then(|ifd| ifd.number(ORIENTATION).map(|_| of(&ifd)));
    let in_xmp = || match xmp.and_then(in_xmp) {
        Some(number @ 1..=8) => number as u8,
        _ => 1,
    };
    said.unwrap_or_else(in_xmp)
}

/// `tiff:Orientation="6"` or `<tiff:Orientation>6<`.
fn in_xmp(xmp: &[u8]) -> Option<u64> {
    const NAME: &[u8] = b"tiff:Orientation";
    let found = xmp.windows(NAME.len()).enumerate().filter(|(_, part)| *part == NAME);
    let mut digits = found.filter_map(|(at, _)| match &xmp[at + NAME.len()..] {
        [b'=', b'"', digit, ..] | [b'>', digit, ..] => Some(digit),
        _ => None,
    });
    digits.find(|digit| digit.is_ascii_digit()).map(|digit| u64::from(digit - b'0'))
}

/// Turns an image so that the stored orientation becomes upright.
pub(super) fn apply(image: Decoded, orientation: u8) -> Decoded {
    let Decoded { width, height, rgb } = image;
    let (w, h) = (width, height);
    let source = |x: usize, y: usize| match orientation {
        2 => (w - 1 - x, y),
        3 => (w - 1 - x, h - 1 - y),
        4 => (x, h - 1 - y),
        5 => (y, x),
        6 => (y, h - 1 - x),
        7 => (w - 1 - y, h - 1 - x),
        8 => (w - 1 - y, x),
        _ => (x, y),
    };
    if !(2..=8).contains(&orientation) {
        return Decoded { width, height, rgb };
    }
    let (width, height) = if orientation < 5 { (w, h) } else { (h, w) };
    let (pixels, _) = rgb.as_chunks::<3>();
    let mut turned = Vec::with_capacity(rgb.len());
    for y in 0..height {
        for x in 0..width {
            let (x, y) = source(x, y);
            turned.extend_from_slice(&pixels[y * w + x]);
        }
    }
    Decoded { width, height, rgb: turned }
}

/// The orientation in a TIFF's directory.
pub(super) fn of(ifd: &Ifd<'_>) -> u8 {
    match ifd.number(ORIENTATION) {
        Some(number @ 1..=8) if !ifd.is_of_bytes(ORIENTATION) => number as u8,
        _ => 1,
    }
}
