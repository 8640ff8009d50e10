//! Activations on their way into operands, rounded.

use super::packed::{Line, SIDE, Stack, TILE};
use super::product::Block;
use super::round::round;
use crate::kernels::cpu::gemm::View;
use crate::kernels::cpu::vectorized::vectorized;

vectorized! {
    /// Rows as the left side of products.
    fn pack_rows<'a>(lines: &'a mut [Line], x: View<'a>) {
        let steps = x.cols.div_ceil(SIDE);
        for index in 0..x.rows.next_multiple_of(SIDE) {
            let row = row(&[x, x.none()], index);
            let first = index / TILE * steps * TILE + index % TILE;
            for step in 0..steps {
                lines[first + step * TILE].0 = rounded(row, step);
            }
        }
    }
}

vectorized! {
    /// Rows as the right side of products that run along columns.
    fn pack_columns<'a>(lines: &'a mut [Line], rows: Stack<'a>) {
        let (inner, columns) = (rows[0].rows + rows[1].rows, rows[0].cols);
        let steps = inner.div_ceil(SIDE);
        for pair in 0..steps * TILE {
            let (even, odd) = (row(&rows, 2 * pair), row(&rows, 2 * pair + 1));
            for panel in 0..columns.div_ceil(SIDE) {
                let (even, odd) = (part(even, panel), part(odd, panel));
                for (half, (even, odd)) in halves(&even).iter().zip(halves(&odd)).enumerate() {
                    let tile = ((panel * steps + pair / TILE) * 2 + half) * TILE;
                    lines[tile + pair % TILE] = pairs(even, odd);
                }
            }
        }
    }
}

vectorized! {
    /// Rows as the right side of products that run along rows.
    fn pack_turned<'a>(lines: &'a mut [Line], rows: Stack<'a>) {
        let (columns, inner) = (rows[0].rows + rows[1].rows, rows[0].cols);
        let steps = inner.div_ceil(SIDE);
        for column in 0..columns.next_multiple_of(SIDE) {
            let row = row(&rows, column);
            for step in 0..steps {
                let tile = ((column / SIDE * steps + step) * 2 + column / TILE % 2) * TILE;
                let values = rounded(row, step);
                let pairs = values.as_chunks::<2>().0.iter();
                for (line, pair) in lines[tile..tile + TILE].iter_mut().zip(pairs) {
                    line.0.as_chunks_mut::<2>().0[column % TILE] = *pair;
                }
            }
        }
    }
}

vectorized! {
    /// The 32 rows of blocks as the left side of products.
    fn pack_rows_of_blocks<'a>(lines: &'a mut [Line], blocks: &'a [Block]) {
        for (step, block) in blocks.iter().enumerate() {
            for (row, values) in block.0.iter().enumerate() {
                let line = &mut lines[(row / TILE * blocks.len() + step) * TILE + row % TILE];
                line.0 = all_rounded(values);
            }
        }
    }
}

vectorized! {
    /// The 32 rows of blocks as one step of the right side of products that run along columns.
    fn pack_pairs_of_blocks<'a>(
        lines: &'a mut [Line],
        blocks: &'a [Block],
        step: usize,
        steps: usize,
    ) {
        for (panel, block) in blocks.iter().enumerate() {
            let tiles = &mut lines[(panel * steps + step) * 2 * TILE..][..2 * TILE];
            for (pair, [even, odd]) in block.0.as_chunks::<2>().0.iter().enumerate() {
                for (half, (even, odd)) in halves(even).iter().zip(halves(odd)).enumerate() {
                    tiles[half * TILE + pair] = pairs(even, odd);
                }
            }
        }
    }
}

/// A row of the stack; none beyond the last.
#[inline(always)]
fn row<'a>([upper, lower]: &Stack<'a>, index: usize) -> &'a [f32] {
    let (view, index) =
        if index < upper.rows { (upper, index) } else { (lower, index - upper.rows) };
    if index < view.rows { &view.data[index * view.row_stride..][..view.cols] } else { &[] }
}

/// 32 values of a row; what is missing is 0.
#[inline(always)]
fn part(row: &[f32], step: usize) -> [f32; SIDE] {
    let (whole, rest) = row.as_chunks::<SIDE>();
    match whole.get(step) {
        Some(whole) => *whole,
        None => {
            let mut values = [0.0; SIDE];
            if step == whole.len() {
                values[..rest.len()].copy_from_slice(rest);
            }
            values
        }
    }
}

#[inline(always)]
fn rounded(row: &[f32], step: usize) -> [u16; SIDE] {
    all_rounded(&part(row, step))
}

// Loops here and below: closures of the library's arrays might not be inlined, and then be compiled
// for no instruction set in particular.
#[inline(always)]
fn all_rounded(values: &[f32; SIDE]) -> [u16; SIDE] {
    let mut rounded = [0; SIDE];
    for (to, from) in rounded.iter_mut().zip(values) {
        *to = round(*from);
    }
    rounded
}

#[inline(always)]
fn halves(row: &[f32; SIDE]) -> &[[f32; TILE]] {
    row.as_chunks::<TILE>().0
}

/// Values of one row, each followed by that of the next.
#[inline(always)]
fn pairs(even: &[f32; TILE], odd: &[f32; TILE]) -> Line {
    let mut words = [0_u32; TILE];
    for (word, (even, odd)) in words.iter_mut().zip(even.iter().zip(odd)) {
        *word = (u32::from(round(*odd)) << 16 | u32::from(round(*even))).to_le();
    }
    Line(bytemuck::cast(words))
}
