//! The strips or tiles of a TIFF: where they lie in the file and in the image.

use super::{Fault, Ifd, ROWS_PER_STRIP, STRIP_OFFSETS, bad};

const STRIP_BYTES: u16 = 279;
const TILE_WIDTH: u16 = 322;
const TILE_HEIGHT: u16 = 323;
const TILE_OFFSETS: u16 = 324;
const TILE_BYTES: u16 = 325;

pub(super) struct Part<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) left: usize,
    pub(super) top: usize,
    /// As encoded: a tile may stick out of the image.
    pub(super) width: usize,
    pub(super) height: usize,
}

/// All parts of an image of `size` (width, height) whose samples are not in planes.
pub(super) fn parts<'a>(
    ifd: &Ifd<'a>,
    (width, height): (usize, usize),
) -> Result<Vec<Part<'a>>, Fault> {
    let side = |tag, most: usize| ifd.number(tag).map_or(most, |n| n.clamp(1, 1 << 20) as usize);
    let tiled = ifd.numbers(TILE_OFFSETS);
    let is_tiled = tiled.is_some();
    let (offsets, counts, across, down) = match tiled {
        Some(offsets) => {
            let (across, down) = (side(TILE_WIDTH, width), side(TILE_HEIGHT, height));
            (offsets, ifd.numbers(TILE_BYTES), across, down)
        }
        None => {
            let offsets = ifd.numbers(STRIP_OFFSETS).unwrap_or_default();
            (offsets, ifd.numbers(STRIP_BYTES), width, side(ROWS_PER_STRIP, height))
        }
    };
    let counts = counts.unwrap_or_default();
    let columns = width.div_ceil(across);
    let expected = columns * height.div_ceil(down);
    let got = offsets.len().min(counts.len());
    if got < expected {
        return Err(Fault::Bad(format!("strips or tiles: expected {expected}, got {got}")));
    }
    let part = |(i, (offset, count)): (usize, (u64, u64))| {
        let (left, top) = (i % columns * across, i / columns * down);
        let height = if is_tiled { down } else { down.min(height - top) };
        let bytes = within(ifd.bytes(), offset, count)
            .ok_or_else(|| bad("damaged TIFF: a strip or tile outside the file"))?;
        Ok(Part { bytes, left, top, width: across, height })
    };
    offsets.into_iter().zip(counts).take(expected).enumerate().map(part).collect()
}

fn within(bytes: &[u8], offset: u64, count: u64) -> Option<&[u8]> {
    let start = usize::try_from(offset).ok()?;
    bytes.get(start..start.checked_add(usize::try_from(count).ok()?)?)
}
