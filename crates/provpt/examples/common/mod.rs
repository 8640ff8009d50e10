//! Images for the examples: three textures, drawn in memory.

// Not every example uses all of it.
#![allow(dead_code)]

use provpt::prelude::*;

/// Side of an image in pixels.
const SIDE: usize = 32;

/// What the textures are called.
pub(crate) const TEXTURES: [&str; 3] = ["checks", "columns", "rows"];

/// The `index`-th picture of a texture: its period, phase and colour vary with the index.
pub(crate) fn texture(class: usize, index: usize) -> Result<Image, Error> {
    let (period, phase, tint) = (3 + index % 4, index * 7 % 11, (index * 53 % 160) as u8);
    let stripe = |place: usize| ((place + phase) / period).is_multiple_of(2);
    let bright = |x: usize, y: usize| match TEXTURES[class] {
        "checks" => stripe(x) != stripe(y),
        "columns" => stripe(x),
        _ => stripe(y),
    };
    let pixel = |x, y| if bright(x, y) { [255, 255 - tint, 200] } else { [tint, 40, 60] };
    let rows = (0..SIDE).flat_map(|y| (0..SIDE).flat_map(move |x| pixel(x, y)));
    Ok(Image::from_rgb(SIDE, SIDE, rows.collect())?)
}

/// `count` pictures of each texture, with their names.
pub(crate) fn textures(count: usize) -> Result<Vec<(Image, &'static str)>, Error> {
    let all = (0..count).flat_map(|index| (0..TEXTURES.len()).map(move |class| (class, index)));
    all.map(|(class, index)| Ok((texture(class, index)?, TEXTURES[class]))).collect()
}
