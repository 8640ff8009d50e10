//! RandAugment (Cubuk et al., NeurIPS 2020): some operations out of fourteen, all of one strength.

use provpt_base::Stream;
use rand::RngExt;

use super::colour::Colours;
use super::warp::Affine;

/// The largest magnitude.
const MOST: f32 = 10.0;
/// Share of the side that an image is moved by at most.
const SHIFT: f32 = 150.0 / 331.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Identity,
    AutoContrast,
    Equalize,
    Rotate,
    Solarize,
    Saturation,
    Posterize,
    Contrast,
    Brightness,
    Sharpness,
    ShearX,
    ShearY,
    ShiftX,
    ShiftY,
}

pub(super) const OPERATIONS: [Operation; 14] = [
    Operation::Identity,
    Operation::AutoContrast,
    Operation::Equalize,
    Operation::Rotate,
    Operation::Solarize,
    Operation::Saturation,
    Operation::Posterize,
    Operation::Contrast,
    Operation::Brightness,
    Operation::Sharpness,
    Operation::ShearX,
    Operation::ShearY,
    Operation::ShiftX,
    Operation::ShiftY,
];

/// Applies `count` operations, drawn one by one, in the order drawn.
pub(super) fn apply(colours: &mut Colours, count: usize, magnitude: f32, random: &mut Stream) {
    for _ in 0..count {
        let operation = OPERATIONS[random.random_range(0..OPERATIONS.len() as u64) as usize];
        let sign = if random.random::<bool>() { 1.0 } else { -1.0 };
        one(colours, operation, magnitude / MOST, sign);
    }
}

/// One operation, of a strength in 0..=1; where it can go two ways, `sign` says which.
pub(super) fn one(colours: &mut Colours, operation: Operation, strength: f32, sign: f32) {
    let factor = 1.0 + sign * 0.9 * strength;
    let shear = sign * 0.3 * strength;
    let shift = sign * SHIFT * strength * colours.side as f32;
    match operation {
        Operation::Identity => {}
        Operation::AutoContrast => colours.autocontrast(),
        Operation::Equalize => colours.equalize(),
        Operation::Rotate => colours.warp(Affine::rotation(sign * 30.0 * strength)),
        Operation::Solarize => colours.solarize(256.0 * (1.0 - strength)),
        Operation::Saturation => colours.saturation(factor),
        Operation::Posterize => colours.posterize(8 - (4.0 * strength).round() as u32),
        Operation::Contrast => colours.contrast(factor),
        Operation::Brightness => colours.brightness(factor),
        Operation::Sharpness => colours.sharpness(factor),
        Operation::ShearX => colours.warp(Affine::shear(shear, 0.0)),
        Operation::ShearY => colours.warp(Affine::shear(0.0, shear)),
        Operation::ShiftX => colours.warp(Affine::shift(shift, 0.0)),
        Operation::ShiftY => colours.warp(Affine::shift(0.0, shift)),
    }
}
