//! Operands as the units of a processor read them: in steps of 32 along the inner dimension, one
//! line of a cache each.

use super::packing::{pack_columns, pack_pairs_of_blocks, pack_rows, pack_turned};
use super::product::Block;
use super::round::round;
use crate::error::Error;
use crate::kernels::cpu::gemm::View;

/// Rows and columns of what is multiplied at a time, and values along the inner dimension.
pub(super) const SIDE: usize = 32;

/// Rows of a tile.
pub(super) const TILE: usize = 16;

/// 32 numbers on a boundary of 64 bytes: a row of a tile that straddles two lines of the cache would
/// be read at half the speed.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(super) struct Line(pub(super) [u16; SIDE]);

impl Line {
    const ZERO: Self = Self([0; SIDE]);
}

/// The left side of products, `[rows / 16][inner / 32][16][32]`. What is missing to 32 rows, or to 32
/// values of a row, is zero.
#[derive(Debug, Default)]
pub(super) struct PackedRows {
    /// Behind those that are meant there may be more, of any content.
    pub(super) lines: Vec<Line>,
    inner: usize,
}

impl PackedRows {
    pub(super) const EMPTY: Self = Self { lines: Vec::new(), inner: 0 };

    /// Makes room for rows, whose values are left unspecified.
    pub(super) fn fit(&mut self, rows: usize, inner: usize) {
        self.inner = inner;
        fit(&mut self.lines, rows.next_multiple_of(SIDE) * inner.div_ceil(SIDE));
    }

    /// Takes rows, rounded, instead of what was here.
    pub(super) fn take(&mut self, x: View<'_>) {
        self.fit(x.rows, x.cols);
        pack_rows(&mut self.lines, x);
    }

    /// The two tiles of 32 rows at each step along the inner dimension.
    pub(super) fn block(&self, index: usize) -> [&[Line]; 2] {
        let tile = self.inner.div_ceil(SIDE) * TILE;
        let (upper, lower) = self.lines[2 * tile * index..][..2 * tile].split_at(tile);
        [upper, lower]
    }
}

/// The right side of products: `[columns / 32][inner / 32][2][16][16][2]`. Of each 32 columns, a
/// step has two tiles of 16; a line has pairs of consecutive values of each of the 16 columns. What
/// is missing to a multiple of 32 is zero.
#[derive(Debug, Default)]
pub(super) struct Panels {
    lines: Vec<Line>,
    pub(super) inner: usize,
    pub(super) columns: usize,
}

/// Rows one below the other, in two places.
pub(in crate::kernels::cpu) type Stack<'a> = [View<'a>; 2];

impl Panels {
    pub(super) fn new(from: Strided<'_>) -> Result<Self, Error> {
        let mut panels = Self { lines: Vec::new(), inner: from.inner, columns: from.columns };
        let count = panels.count() * panels.panel_lines();
        let room = panels.lines.try_reserve_exact(count);
        room.map_err(|_| Error::Memory { bytes: count.saturating_mul(size_of::<Line>()) })?;
        panels.lines.resize(count, Line::ZERO);
        panels.refill(from);
        Ok(panels)
    }

    /// Takes other values of the same shape.
    pub(super) fn refill(&mut self, from: Strided<'_>) {
        let steps = self.steps();
        for (index, line) in self.lines.iter_mut().enumerate() {
            let (tile, pair) = (index / TILE, index % TILE);
            let column = (tile / (2 * steps)) * SIDE + tile % 2 * TILE;
            let inner = tile / 2 % steps * SIDE + 2 * pair;
            fill_line(line, from, inner, column);
        }
    }

    /// Makes room for a matrix, whose values are left unspecified.
    pub(super) fn fit(&mut self, inner: usize, columns: usize) {
        (self.inner, self.columns) = (inner, columns);
        let needed = self.count() * self.panel_lines();
        fit(&mut self.lines, needed);
    }

    /// Takes the rows of a matrix `[inner, columns]`, rounded, instead of what was here.
    pub(super) fn take(&mut self, rows: Stack<'_>) {
        self.fit(rows[0].rows + rows[1].rows, rows[0].cols);
        pack_columns(&mut self.lines, rows);
    }

    /// Takes rows that are the columns of a matrix `[inner, columns]`.
    pub(super) fn take_turned(&mut self, columns: Stack<'_>) {
        self.fit(columns[0].cols, columns[0].rows + columns[1].rows);
        pack_turned(&mut self.lines, columns);
    }

    /// Takes the 32 rows of one step, as far as there are columns.
    pub(super) fn take_step(&mut self, rows: &[Block], step: usize) {
        let (steps, count) = (self.steps(), self.count());
        pack_pairs_of_blocks(&mut self.lines, &rows[..count], step, steps);
    }

    /// Steps along the inner dimension.
    pub(super) fn steps(&self) -> usize {
        self.inner.div_ceil(SIDE)
    }

    /// Groups of 32 columns.
    pub(super) fn count(&self) -> usize {
        self.columns.div_ceil(SIDE)
    }

    fn panel_lines(&self) -> usize {
        self.steps() * 2 * TILE
    }

    /// The lines of 32 columns; none beyond the last.
    pub(super) fn panel(&self, index: usize) -> &[Line] {
        let len = self.panel_lines();
        if index < self.count() { &self.lines[index * len..(index + 1) * len] } else { &[] }
    }
}

fn fit(lines: &mut Vec<Line>, needed: usize) {
    if lines.len() < needed {
        lines.resize(needed, Line::ZERO);
    }
}

/// A matrix `[inner, columns]`, where it is read from.
#[derive(Clone, Copy)]
pub(super) struct Strided<'a> {
    pub(super) values: &'a [f32],
    pub(super) inner: usize,
    pub(super) columns: usize,
    /// From one value of a column to the next.
    pub(super) inner_stride: usize,
    /// From one column to the next.
    pub(super) column_stride: usize,
}

/// Two values of each of 16 columns, as far as there are any.
fn fill_line(line: &mut Line, from: Strided<'_>, inner: usize, column: usize) {
    let pairs = line.0.as_chunks_mut::<2>().0.iter_mut().take(from.columns.saturating_sub(column));
    for (offset, pair) in pairs.enumerate() {
        let start = (column + offset) * from.column_stride;
        for (odd, value) in pair.iter_mut().enumerate().take(from.inner - inner.min(from.inner)) {
            *value = round(from.values[start + (inner + odd) * from.inner_stride]);
        }
    }
}
