//! The first frame of a GIF, as Pillow shows it.

use std::io::Cursor;
use std::num::NonZeroU64;

use gif::{ColorOutput, DecodeOptions, MemoryLimit};

use super::{Decoded, Fault, MAX_BYTES, check_size};

/// Alpha is dropped: a transparent pixel has its palette's colour. What the frame leaves free of
/// its canvas has the transparent colour, else the first one. A frame that sticks out widens the
/// canvas.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, Fault> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    if let Some(limit) = NonZeroU64::new(MAX_BYTES) {
        options.set_memory_limit(MemoryLimit::Bytes(limit));
    }
    let mut decoder = options.read_info(Cursor::new(bytes))?;
    let canvas = (decoder.width(), decoder.height());
    let frame = decoder.next_frame_info()?.ok_or_else(|| Fault::Bad("no frame".to_owned()))?;
    let (left, top) = (usize::from(frame.left), usize::from(frame.top));
    let (inner, rows) = (usize::from(frame.width), usize::from(frame.height));
    let empty = frame.transparent.unwrap_or(0);
    let local = frame.palette.clone();
    let width = (left + inner).max(canvas.0.into());
    let height = (top + rows).max(canvas.1.into());
    check_size(width as u32, height as u32, (width * height) as u64)?;
    let mut indices = vec![0; decoder.buffer_size()];
    decoder.read_into_buffer(&mut indices)?;
    let palette = match &local {
        Some(palette) => palette.as_slice(),
        None => decoder.palette()?,
    };
    let (colours, _) = palette.as_chunks::<3>();
    let colour = |index: u8| colours.get(usize::from(index)).copied().unwrap_or_default();
    let mut rgb = colour(empty).repeat(width * height);
    for (y, row) in indices.chunks_exact(inner.max(1)).take(rows).enumerate() {
        let start = 3 * ((top + y) * width + left);
        let target = rgb[start..start + 3 * inner].chunks_exact_mut(3);
        target.zip(row).for_each(|(pixel, &index)| pixel.copy_from_slice(&colour(index)));
    }
    Ok(Decoded { width, height, rgb })
}
