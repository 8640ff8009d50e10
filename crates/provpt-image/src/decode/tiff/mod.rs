//! TIFF, as Pillow reads it: the first image of a file.
//!
//! The `tiff` crate knows no palettes and turns white-is-zero around; so it is told that the
//! samples are plain grey or colour, and what they mean is settled here (`modes`).

mod fax;
mod jpeg;
mod modes;
mod parts;

use std::io::Cursor;

use tiff::decoder::{Decoder, DecodingResult, Limits};

use super::ifd::Ifd;
use super::{Decoded, Fault, MAX_BYTES, check_size, orientation};
use modes::{Mode, Samples};

const WIDTH: u16 = 256;
const HEIGHT: u16 = 257;
const COMPRESSION: u16 = 259;
const PHOTOMETRIC: u16 = 262;
const FILL_ORDER: u16 = 266;
const STRIP_OFFSETS: u16 = 273;
const ROWS_PER_STRIP: u16 = 278;
const PLANAR: u16 = 284;

/// Tags of unsigned numbers that decide about the pixels: sizes, kinds of pixels and samples, strips
/// and tiles.
const NUMERIC: [u16; 20] = [
    WIDTH,
    HEIGHT,
    258,
    COMPRESSION,
    PHOTOMETRIC,
    FILL_ORDER,
    STRIP_OFFSETS,
    274,
    277,
    ROWS_PER_STRIP,
    279,
    PLANAR,
    PREDICTOR,
    322,
    323,
    324,
    325,
    338,
    339,
    530,
];

const FAX_GROUP_4: u64 = 4;
const JPEG: u64 = 7;
const BLACK_IS_ZERO: u16 = 1;
const RGB: u16 = 2;
const CMYK: u16 = 5;
const PREDICTOR: u16 = 317;
const EXTRA: u16 = 338;
const ALPHA: u16 = 2;

/// The image, upright: Pillow turns every TIFF as its orientation asks.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, Fault> {
    let ifd =
        Ifd::first(bytes).ok_or_else(|| bad("damaged TIFF: expected a directory, got none"))?;
    ifd.check(&NUMERIC)?;
    let side = |tag| ifd.number(tag).and_then(|side| u32::try_from(side).ok());
    let (Some(width), Some(height)) = (side(WIDTH), side(HEIGHT)) else {
        return Err(bad("damaged TIFF: expected a width and a height, got none"));
    };
    let mode = Mode::of(&ifd)?;
    let pixels = u64::from(width) * u64::from(height);
    check_size(width, height, pixels.saturating_mul(mode.bytes_per_pixel()))?;
    if ifd.number(FILL_ORDER).is_some_and(|order| order != 1) {
        return Err(bad("fill order: expected 1, got another"));
    }
    let upright = orientation::of(&ifd);
    let size = (width as usize, height as usize);
    let rgb = match ifd.number(COMPRESSION) {
        Some(JPEG) => jpeg::rgb(&ifd, size)?,
        _ => mode.rgb(&samples(&ifd, &mode, size)?, size)?,
    };
    Ok(orientation::apply(Decoded { width: size.0, height: size.1, rgb }, upright))
}

fn bad(what: &str) -> Fault {
    Fault::Bad(what.to_owned())
}

/// Refuses strips of plain pixels that reach into the directory, as far as they are read whatever
/// their lengths say: what the decoder gets is changed there.
fn check_places(ifd: &Ifd<'_>, mode: &Mode, (width, height): (usize, usize)) -> Result<(), Fault> {
    if ifd.number(COMPRESSION).is_some_and(|kind| kind != 1) {
        return Ok(());
    }
    let height = height as u64;
    let rows = ifd.number(ROWS_PER_STRIP).unwrap_or(height).clamp(1, height.max(1));
    let row = mode.row_bytes(width, ifd.number(PLANAR) == Some(2));
    let strips = ifd.numbers(STRIP_OFFSETS).unwrap_or_default();
    for (i, start) in strips.into_iter().enumerate() {
        let top = i as u64 % height.div_ceil(rows).max(1) * rows;
        let end = start.saturating_add(row.saturating_mul(rows.min(height - top)));
        if ifd.overlaps(&(start..end)) {
            return Err(bad("damaged TIFF: a strip reaches into the directory"));
        }
    }
    Ok(())
}

/// Samples as stored, whatever they mean.
fn samples(ifd: &Ifd<'_>, mode: &Mode, size: (usize, usize)) -> Result<Samples, Fault> {
    if ifd.number(COMPRESSION) == Some(FAX_GROUP_4) && mode.is_of_bits() {
        return Ok(Samples { values: DecodingResult::U8(fax::bits(ifd, size)?), planes: 1 });
    }
    check_places(ifd, mode, size)?;
    let plain = match mode.photometric {
        Mode::CMYK => CMYK,
        _ if mode.samples < 3 => BLACK_IS_ZERO,
        _ => RGB,
    };
    // A fourth sample without a meaning would be left out, and predictions with it.
    let mut changes = vec![(PHOTOMETRIC, plain)];
    if mode.samples == 4 && plain == RGB {
        changes.push((EXTRA, ALPHA));
    }
    if !mode.predicted {
        changes.push((PREDICTOR, 1));
    }
    let bytes = ifd.alone_with(&changes);
    let limits = {
        let mut limits = Limits::default();
        limits.decoding_buffer_size = MAX_BYTES as usize;
        limits.intermediate_buffer_size = MAX_BYTES as usize;
        limits
    };
    let mut decoder = Decoder::new(Cursor::new(&bytes))?.with_limits(limits);
    let mut values = DecodingResult::U8(Vec::new());
    let layout = decoder.read_image_to_buffer(&mut values)?;
    let planes = if layout.planes > 1 { layout.planes } else { 1 };
    Ok(Samples { values, planes })
}
