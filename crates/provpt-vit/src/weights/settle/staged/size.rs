//! The size of the images, which windows must fit.

use super::seen::Seen;
use crate::Architecture;
use crate::error::Error;
use crate::weights::settle::evidence::{Authority, Evidence, MAX_IMAGE_SIZE};

/// Caller, descriptions, record, the masks of windows in the file, a stage too small for a window, or
/// the smallest images that the last stage's window fits: the first that speaks.
pub(super) fn settle(
    evidence: &Evidence<'_>,
    a: &Architecture,
    seen: &Seen,
) -> Result<(usize, Authority), Error> {
    let asked = evidence.options.image_size.map(|size| (size, Authority::Caller));
    let beside = || {
        let size = evidence.image_size.filter(|size| fault(a, &seen.sides, *size).is_none())?;
        Some((size, Authority::Description("the description of pixels beside it".to_owned())))
    };
    let (size, authority) = asked
        .or_else(|| evidence.described(|d| d.image_size))
        .or_else(|| evidence.recorded(|a| a.image_size))
        .or_else(beside)
        .or_else(|| Some((by_tensors(evidence, a, seen)?, Authority::Tensors)))
        .unwrap_or((smallest(a, &seen.sides), Authority::Usual));
    match fault(a, &seen.sides, size) {
        None => Ok((size, authority)),
        Some(why) => {
            let (path, smallest) = (evidence.path.to_owned(), smallest(a, &seen.sides));
            let most = (MAX_IMAGE_SIZE / smallest).max(1);
            let times = (size.saturating_add(smallest / 2) / smallest).clamp(1, most);
            // A stage that is smaller than a window has it at one size of images only.
            let near = times * smallest;
            let nearest = if fault(a, &seen.sides, near).is_none() { near } else { smallest };
            Err(Error::Windows { path, nearest, got: size, why })
        }
    }
}

/// Masks and small tables that the file holds.
fn by_tensors(evidence: &Evidence<'_>, a: &Architecture, seen: &Seen) -> Option<usize> {
    let stages = a.stages?;
    let pixels = |stage: usize, grid: usize| (grid * a.patch_size) << stage;
    let masked = evidence.windows.iter().find_map(|(stage, windows)| {
        let (side, along) = (seen.sides.get(*stage)?, windows.isqrt());
        (along * along == *windows).then(|| pixels(*stage, along * side))
    });
    let small = seen.sides.iter().position(|side| *side < stages.window());
    masked.or_else(|| small.map(|stage| pixels(stage, seen.sides[stage])))
}

/// Images of which the last stage is one window.
fn smallest(a: &Architecture, sides: &[usize]) -> usize {
    let last = sides.len() - 1;
    (sides[last] * a.patch_size) << last
}

/// Why images of this size do not divide into the windows, if they do not.
fn fault(a: &Architecture, sides: &[usize], size: usize) -> Option<String> {
    if size == 0 || size > MAX_IMAGE_SIZE || !size.is_multiple_of(a.patch_size) {
        let most = MAX_IMAGE_SIZE;
        return Some(format!(
            "a multiple of the patch size {} up to {most} is needed",
            a.patch_size
        ));
    }
    let window = a.stages.map_or(1, |stages| stages.window());
    let mut grid = size / a.patch_size;
    for (stage, side) in sides.iter().enumerate() {
        let place = format!("stage {}: {grid} x {grid} tokens", stage + 1);
        if grid.min(window) != *side {
            return Some(format!("{place}, and tables of windows of {side}"));
        }
        if !grid.is_multiple_of(*side) {
            return Some(format!("{place} do not divide into windows of {side}"));
        }
        if stage + 1 < sides.len() && grid % 2 == 1 {
            return Some(format!("{place} cannot be merged by twos"));
        }
        grid /= 2;
    }
    None
}
