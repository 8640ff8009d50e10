//! A random part of an image, resized to a square: torchvision's `RandomResizedCrop`.

use provpt_base::Stream;
use rand::RngExt;

use crate::resize::Window;

/// Width over height of a part lies between this and its inverse.
const NARROWEST: f64 = 3.0 / 4.0;
/// How often a part that does not fit is drawn anew.
const TRIES: usize = 10;

/// The window, `side` x `side`, of a resized image of `size`: all of what a random part of it becomes
/// whose area is at least this share of the image's.
pub(crate) fn resized_crop(
    size: (usize, usize),
    side: usize,
    least: f64,
    random: &mut Stream,
) -> Window {
    let (corner, part) = part(size, least, random);
    let axis = |whole: usize, corner: usize, part: usize| {
        let full = (whole as f64 * side as f64 / part as f64).round() as usize;
        let full = full.max(side);
        let corner = (corner as f64 * side as f64 / part as f64).round() as usize;
        (full, corner.min(full - side))
    };
    let (width, left) = axis(size.0, corner.0, part.0);
    let (height, top) = axis(size.1, corner.1, part.1);
    Window { full: (width, height), corner: (left, top), size: (side, side) }
}

/// Corner and size of a part.
fn part(size: (usize, usize), least: f64, random: &mut Stream) -> ((usize, usize), (usize, usize)) {
    let area = size.0 as f64 * size.1 as f64;
    for _ in 0..TRIES {
        let share = area * random.random_range(least..=1.0);
        let ratio = random.random_range(NARROWEST.ln()..=-NARROWEST.ln()).exp();
        let width = (share * ratio).sqrt().round() as usize;
        let height = (share / ratio).sqrt().round() as usize;
        if (1..=size.0).contains(&width) && (1..=size.1).contains(&height) {
            let left = random.random_range(0..=(size.0 - width) as u64) as usize;
            let top = random.random_range(0..=(size.1 - height) as u64) as usize;
            return ((left, top), (width, height));
        }
    }
    // The centre, as wide or as high as may be.
    let most = |other: usize| ((other as f64 / NARROWEST).round() as usize).max(1);
    let part = (size.0.min(most(size.1)), size.1.min(most(size.0)));
    (((size.0 - part.0) / 2, (size.1 - part.1) / 2), part)
}
