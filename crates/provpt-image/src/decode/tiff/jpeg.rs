//! JPEG inside TIFF: a stream per strip or tile, their tables told once (TIFF Technical Note 2).

use super::super::{Fault, jpeg};
use super::{Ifd, PHOTOMETRIC, bad};

const ROWS_PER_STRIP: u16 = 278;
const STRIP_OFFSETS: u16 = 273;
const STRIP_BYTES: u16 = 279;
const PLANAR: u16 = 284;
const TILE_WIDTH: u16 = 322;
const TILE_HEIGHT: u16 = 323;
const TILE_OFFSETS: u16 = 324;
const TILE_BYTES: u16 = 325;
const TABLES: u16 = 347;

/// A stream may be padded to whole blocks; larger ones are not decoded.
const MARGIN: usize = 64;

/// Levels `[height, width, 3]` of an image of `size` (width, height).
pub(super) fn rgb(ifd: &Ifd<'_>, (width, height): (usize, usize)) -> Result<Vec<u8>, Fault> {
    if ifd.number(PLANAR).is_some_and(|planar| planar != 1) {
        return Err(bad("unsupported TIFF: JPEG in planes"));
    }
    let side = |tag, most: usize| ifd.number(tag).map_or(most, |n| n.min(1 << 20) as usize);
    let (offsets, counts, part) = match ifd.numbers(TILE_OFFSETS) {
        Some(offsets) => {
            (offsets, ifd.numbers(TILE_BYTES), (side(TILE_WIDTH, width), side(TILE_HEIGHT, height)))
        }
        None => {
            let offsets = ifd.numbers(STRIP_OFFSETS).unwrap_or_default();
            (offsets, ifd.numbers(STRIP_BYTES), (width, side(ROWS_PER_STRIP, height)))
        }
    };
    let (across, counts) = (width.div_ceil(part.0.max(1)), counts.unwrap_or_default());
    let down = height.div_ceil(part.1.max(1));
    if offsets.len() < across * down || counts.len() < across * down {
        return Err(bad("strips or tiles: expected enough for the image, got fewer"));
    }
    let mut rgb = vec![0; 3 * width * height];
    for (i, (offset, count)) in offsets.into_iter().zip(counts).take(across * down).enumerate() {
        let stream = stream(ifd, offset, count).ok_or_else(|| bad("a strip outside the file"))?;
        let plain = ifd.number(PHOTOMETRIC) == Some(2);
        let (tile, _) = jpeg::decode_as(&stream, plain, (part.0 + MARGIN, part.1 + MARGIN))?;
        let (left, top) = (i % across * part.0, i / across * part.1);
        let columns = tile.width.min(part.0).min(width - left);
        let rows = tile.rgb.chunks_exact(3 * tile.width).take(part.1.min(height - top));
        for (y, row) in rows.enumerate() {
            let start = 3 * ((top + y) * width + left);
            rgb[start..start + 3 * columns].copy_from_slice(&row[..3 * columns]);
        }
    }
    Ok(rgb)
}

/// A strip or tile as a file of its own.
fn stream(ifd: &Ifd<'_>, offset: u64, count: u64) -> Option<Vec<u8>> {
    let start = usize::try_from(offset).ok()?;
    let end = start.checked_add(usize::try_from(count).ok()?)?;
    let data = ifd.bytes().get(start..end)?;
    let tables = ifd.blob(TABLES).and_then(|tables| tables.get(..tables.len().checked_sub(2)?));
    Some(match tables {
        Some(tables) => [tables, data.get(2..)?].concat(),
        None => data.to_vec(),
    })
}
