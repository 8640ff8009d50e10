//! JPEG inside TIFF: a stream per strip or tile, their tables told once (TIFF Technical Note 2).

use super::super::{Fault, jpeg};
use super::parts::parts;
use super::{Ifd, PHOTOMETRIC, PLANAR, bad};

const TABLES: u16 = 347;

const RGB: u64 = 2;
const CMYK: u64 = 5;

/// A stream may be padded to whole blocks; larger ones are not decoded.
const MARGIN: usize = 64;

/// Levels `[height, width, 3]` of an image of `size` (width, height).
pub(super) fn rgb(ifd: &Ifd<'_>, (width, height): (usize, usize)) -> Result<Vec<u8>, Fault> {
    if ifd.number(PLANAR).is_some_and(|planar| planar != 1) {
        return Err(bad("unsupported TIFF: JPEG in planes"));
    }
    let mut rgb = vec![0; 3 * width * height];
    for part in parts(ifd, (width, height))? {
        let stream = stream(ifd, part.bytes).ok_or_else(|| bad("a strip without a stream"))?;
        let plain = matches!(ifd.number(PHOTOMETRIC), Some(RGB | CMYK));
        let most = (part.width + MARGIN, part.height + MARGIN);
        let (tile, _) = jpeg::decode_as(&stream, plain, most)?;
        let columns = tile.width.min(part.width).min(width - part.left);
        let rows = tile.rgb.chunks_exact(3 * tile.width);
        for (y, row) in rows.take(part.height.min(height - part.top)).enumerate() {
            let start = 3 * ((part.top + y) * width + part.left);
            rgb[start..start + 3 * columns].copy_from_slice(&row[..3 * columns]);
        }
    }
    Ok(rgb)
}

/// A strip or tile as a file of its own.
fn stream(ifd: &Ifd<'_>, data: &[u8]) -> Option<Vec<u8>> {
    let tables = ifd.blob(TABLES).and_then(|tables| tables.get(..tables.len().checked_sub(2)?));
    Some(match tables {
        Some(tables) => [tables, data.get(2..)?].concat(),
        None => data.to_vec(),
    })
}
