//! What becomes of a block of sums while it is near the core. `width` is the length of a row of the
//! target.

use super::packed::SIDE;
use super::product::{Block, Place};
use crate::kernels::cpu::vectorized::vectorized;

vectorized! {
    /// `out = sums + bias`.
    fn biased<'a>(out: &'a mut [f32], width: usize, bias: &'a [f32], block: &'a Block, place: Place) {
        let bias = load(bias, place.column, place.columns);
        for (index, sums) in block.0.iter().enumerate().take(place.rows) {
            let row = std::array::from_fn(|i| sums[i] + bias[i]);
            store(out, place.start(index, width), place.columns, &row);
        }
    }
}

vectorized! {
    /// `out = sums`.
    fn replaced<'a>(out: &'a mut [f32], width: usize, block: &'a Block, place: Place) {
        for (index, sums) in block.0.iter().enumerate().take(place.rows) {
            store(out, place.start(index, width), place.columns, sums);
        }
    }
}

vectorized! {
    /// `out = scale * sums`.
    fn scaled<'a>(out: &'a mut [f32], width: usize, scale: f32, block: &'a Block, place: Place) {
        for (index, sums) in block.0.iter().enumerate().take(place.rows) {
            let row = sums.map(|sum| scale * sum);
            store(out, place.start(index, width), place.columns, &row);
        }
    }
}

vectorized! {
    /// `out += sums`.
    fn added<'a>(out: &'a mut [f32], width: usize, block: &'a Block, place: Place) {
        for (index, sums) in block.0.iter().enumerate().take(place.rows) {
            let start = place.start(index, width);
            let before = load(out, start, place.columns);
            let row = std::array::from_fn(|i| before[i] + sums[i]);
            store(out, start, place.columns, &row);
        }
    }
}

/// Up to 32 values; what is missing is 0.
#[inline(always)]
fn load(from: &[f32], start: usize, columns: usize) -> [f32; SIDE] {
    let from = &from[start..start + columns];
    match <&[f32; SIDE]>::try_from(from) {
        Ok(whole) => *whole,
        Err(_) => {
            let mut values = [0.0; SIDE];
            values[..columns].copy_from_slice(from);
            values
        }
    }
}

/// The first values of a row.
#[inline(always)]
fn store(to: &mut [f32], start: usize, columns: usize, row: &[f32; SIDE]) {
    let to = &mut to[start..start + columns];
    match <&mut [f32; SIDE]>::try_from(&mut *to) {
        Ok(whole) => *whole = *row,
        Err(_) => to.copy_from_slice(&row[..columns]),
    }
}
