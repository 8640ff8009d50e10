//! What becomes of a block of sums while it is near the core. `width` is the length of a row of the
//! target.

use super::packed::{Line, SIDE, TILE};
use super::product::{Block, Place};
use super::quick;
use super::round::round;
use crate::kernels::cpu::vectorized::vectorized;

vectorized! {
    /// `out = sums + bias`.
    fn biased<'a>(out: &'a mut [f32], width: usize, bias: &'a [f32], block: &'a Block, place: Place) {
        let bias = load(bias, place.column, place.columns);
        for (index, sums) in block.0.iter().enumerate().take(place.rows) {
            let mut row = *sums;
            row.iter_mut().zip(&bias).for_each(|(sum, bias)| *sum += bias);
            store(out, place.start(index, width), place.columns, &row);
        }
    }
}

vectorized! {
    /// `out = x + scale * (sums + bias)`; without `scale`, it is 1.
    fn residual<'a>(
        out: &'a mut [f32],
        x: &'a [f32],
        bias: &'a [f32],
        scale: Option<&'a [f32]>,
        block: &'a Block,
        place: Place,
    ) {
        let (column, columns, width) = (place.column, place.columns, bias.len());
        let bias = load(bias, column, columns);
        let scale = scale.map_or([1.0; SIDE], |scale| load(scale, column, columns));
        for (index, sums) in block.0.iter().enumerate().take(place.rows) {
            let start = place.start(index, width);
            let mut row = load(x, start, columns);
            for lane in 0..SIDE {
                row[lane] += scale[lane] * (sums[lane] + bias[lane]);
            }
            store(out, start, columns, &row);
        }
    }
}

vectorized! {
    /// `hidden = sums + bias`, and its GELU as rows of the next product, `steps` long.
    fn gelu<'a>(
        hidden: &'a mut [f32],
        next: &'a mut [Line],
        bias: &'a [f32],
        block: &'a Block,
        place: Place,
    ) {
        let width = bias.len();
        let bias = load(bias, place.column, place.columns);
        for (index, sums) in block.0.iter().enumerate().take(place.rows) {
            let mut row = *sums;
            row.iter_mut().zip(&bias).for_each(|(sum, bias)| *sum += bias);
            store(hidden, place.start(index, width), place.columns, &row);
            let line = &mut next[line(place, index, width)].0;
            for (to, from) in line.iter_mut().zip(&row) {
                *to = round(quick::gelu(*from));
            }
        }
    }
}

vectorized! {
    /// `sums * gelu'(hidden)` as rows of the next product.
    fn gelu_grad<'a>(
        next: &'a mut [Line],
        hidden: &'a [f32],
        width: usize,
        block: &'a Block,
        place: Place,
    ) {
        for (index, sums) in block.0.iter().enumerate().take(place.rows) {
            let hidden = load(hidden, place.start(index, width), place.columns);
            let line = &mut next[line(place, index, width)].0;
            for (to, (sum, hidden)) in line.iter_mut().zip(sums.iter().zip(&hidden)) {
                *to = round(sum * quick::gelu_slope(*hidden));
            }
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
    /// `out = scale * sums`, with a scale for each row.
    fn scaled<'a>(
        out: &'a mut [f32],
        width: usize,
        scale: &'a [f32; SIDE],
        block: &'a Block,
        place: Place,
    ) {
        for (index, (sums, scale)) in block.0.iter().zip(scale).enumerate().take(place.rows) {
            let mut row = *sums;
            row.iter_mut().for_each(|sum| *sum *= scale);
            store(out, place.start(index, width), place.columns, &row);
        }
    }
}

vectorized! {
    /// `out += sums`.
    fn added<'a>(out: &'a mut [f32], width: usize, block: &'a Block, place: Place) {
        for (index, sums) in block.0.iter().enumerate().take(place.rows) {
            let start = place.start(index, width);
            let mut row = load(out, start, place.columns);
            row.iter_mut().zip(sums).for_each(|(before, sum)| *before += sum);
            store(out, start, place.columns, &row);
        }
    }
}

/// Where 32 values of a block's row stand in packed rows of `width` values.
#[inline(always)]
fn line(place: Place, index: usize, width: usize) -> usize {
    let (row, steps) = (place.row + index, width.div_ceil(SIDE));
    (row / TILE * steps + place.column / SIDE) * TILE + row % TILE
}

/// Up to 32 values; what is missing is 0. Here and in [`store`], no copy of an unknown length: that
/// would be a call of `memcpy` for each row.
#[inline(always)]
fn load(from: &[f32], start: usize, columns: usize) -> [f32; SIDE] {
    let mut values = [0.0; SIDE];
    match from[start..].first_chunk::<SIDE>() {
        Some(whole) if columns == SIDE => values = *whole,
        _ => {
            for (offset, value) in values.iter_mut().enumerate() {
                if offset < columns {
                    *value = from[start + offset];
                }
            }
        }
    }
    values
}

/// The first values of a row.
#[inline(always)]
fn store(to: &mut [f32], start: usize, columns: usize, row: &[f32; SIDE]) {
    match to[start..].first_chunk_mut::<SIDE>() {
        Some(whole) if columns == SIDE => *whole = *row,
        _ => {
            for (offset, value) in row.iter().enumerate() {
                if offset < columns {
                    to[start + offset] = *value;
                }
            }
        }
    }
}
