//! BMPs, whose pixels begin where Pillow looks for them.

use std::borrow::Cow;

use super::{Decoded, Fault, bmp_rle, common};

pub(super) fn decode(bytes: &[u8]) -> Result<(Decoded, u8), Fault> {
    let bytes = with_place(bytes);
    match bmp_rle::is_one(&bytes) {
        true => Ok((bmp_rle::decode(&bytes)?, 1)),
        false => common::decode(&bytes),
    }
}

/// The file with the place of its pixels behind the palette, where it says that they begin with the
/// palette, or nothing.
fn with_place(bytes: &[u8]) -> Cow<'_, [u8]> {
    match place(bytes) {
        Some(place) => Cow::Owned([&bytes[..10], &place.to_le_bytes(), &bytes[14..]].concat()),
        None => Cow::Borrowed(bytes),
    }
}

fn place(bytes: &[u8]) -> Option<u32> {
    let number = |at: usize| Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let bits_at = |at: usize| Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let (said, header) = (number(10)?, number(14)?);
    let (bits, colours, each, masks) = match header {
        12 => (bits_at(24)?, 0, 3, 0),
        40 => (bits_at(28)?, number(46)?, 4, if number(30)? == 3 { 12 } else { 0 }),
        _ => (bits_at(28)?, number(46)?, 4, 0),
    };
    let behind_header = header.checked_add(14)?;
    let palette = match (bits, colours) {
        (9.., _) => 0,
        (bits, 0) => each << bits,
        (_, colours) => colours.checked_mul(each)?,
    };
    let is_wrong = said == 0 || said == behind_header && palette > 0;
    is_wrong.then_some(behind_header.checked_add(masks)?.checked_add(palette)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bmp(said: u32, bits: u8, colours: u32) -> Vec<u8> {
        let mut bytes = [&b"BM"[..], &[0; 8], &said.to_le_bytes(), &[40, 0, 0, 0]].concat();
        bytes
            .extend([&[0; 10][..], &[bits, 0], &[0; 16], &colours.to_le_bytes(), &[0; 8]].concat());
        bytes
    }

    #[test]
    fn pixels_begin_behind_the_palette() {
        assert_eq!(place(&bmp(54, 1, 2)), Some(62));
        assert_eq!(place(&bmp(54, 4, 0)), Some(118));
        assert_eq!(place(&bmp(0, 24, 0)), Some(54));
        for (said, bits, colours) in [(62, 1, 2), (54, 24, 0), (54, 24, 9), (100, 8, 0)] {
            assert_eq!(place(&bmp(said, bits, colours)), None);
        }
    }
}
