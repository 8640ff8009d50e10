//! Operands as the units of a processor read them: in steps of 32 along the inner dimension, one
//! line of a cache each.

use super::round::round;
use crate::error::Error;
use crate::kernels::cpu::vectorized::vectorized;

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
    pub(super) const ZERO: Self = Self([0; SIDE]);
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

/// The right side of products: `[columns / 32][inner / 32][2][16][16][2]`. Of each 32 columns, a
/// step has two tiles of 16; a line has pairs of consecutive values of each of the 16 columns. What
/// is missing to a multiple of 32 is zero.
#[derive(Debug)]
pub(super) struct Panels {
    pub(super) lines: Vec<Line>,
    pub(super) inner: usize,
    pub(super) columns: usize,
}

impl Panels {
    pub(super) fn new(from: Strided<'_>) -> Result<Self, Error> {
        let mut panels = Self { lines: Vec::new(), inner: from.inner, columns: from.columns };
        let count = panels.count() * panels.panel_lines();
        let room = panels.lines.try_reserve_exact(count);
        room.map_err(|_| Error::Memory { bytes: count.saturating_mul(size_of::<Line>()) })?;
        panels.lines.resize(count, Line::ZERO);
        panels.fill(from);
        Ok(panels)
    }

    /// Nothing.
    pub(super) const EMPTY: Self = Self { lines: Vec::new(), inner: 0, columns: 0 };

    /// Takes a matrix `[inner, columns]` instead, whose rows are `stride` apart.
    pub(super) fn take(&mut self, x: &[f32], (inner, columns): (usize, usize), stride: usize) {
        (self.inner, self.columns) = (inner, columns);
        let needed = self.count() * self.panel_lines();
        if self.lines.len() < needed {
            self.lines.resize(needed, Line::ZERO);
        }
        pack_columns(&mut self.lines, x, inner, columns, stride);
    }

    /// Takes other values of the same sizes.
    pub(super) fn fill(&mut self, from: Strided<'_>) {
        let steps = self.steps();
        for (index, line) in self.lines.iter_mut().enumerate() {
            let (tile, pair) = (index / TILE, index % TILE);
            let column = (tile / (2 * steps)) * SIDE + tile % 2 * TILE;
            let inner = tile / 2 % steps * SIDE + 2 * pair;
            fill_line(line, from, inner, column);
        }
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

/// Lines of [`pack_rows`].
pub(super) fn row_lines(rows: usize, inner: usize) -> usize {
    rows.next_multiple_of(SIDE) * inner.div_ceil(SIDE)
}

vectorized! {
    /// The left side of products, `[rows / 16][inner / 32][16][32]`, of rows of `inner` values that
    /// are `stride` apart. What is missing to 32 rows, or to 32 values of a row, becomes zero.
    fn pack_rows<'a>(lines: &'a mut [Line], x: &'a [f32], rows: usize, inner: usize, stride: usize) {
        let steps = inner.div_ceil(SIDE);
        for row in 0..rows.next_multiple_of(SIDE) {
            let x = if row < rows { &x[row * stride..][..inner] } else { &[] };
            let (whole, rest) = x.as_chunks::<SIDE>();
            let first = row / TILE * steps * TILE + row % TILE;
            for step in 0..steps {
                let line = &mut lines[first + step * TILE].0;
                if let Some(x) = whole.get(step) {
                    for (to, from) in line.iter_mut().zip(x) {
                        *to = round(*from);
                    }
                } else {
                    let x = if step == whole.len() { rest } else { &[] };
                    let x = x.iter().map(|x| round(*x)).chain(std::iter::repeat(0));
                    line.iter_mut().zip(x).for_each(|(to, x)| *to = x);
                }
            }
        }
    }
}

vectorized! {
    /// The right side of products, see [`Panels`], of `inner` rows of `columns` values that are
    /// `stride` apart.
    fn pack_columns<'a>(
        lines: &'a mut [Line],
        x: &'a [f32],
        inner: usize,
        columns: usize,
        stride: usize,
    ) {
        let steps = inner.div_ceil(SIDE);
        let row = |index: usize| if index < inner { &x[index * stride..][..columns] } else { &[] };
        for pair in 0..steps * TILE {
            let (even, odd) = (row(2 * pair), row(2 * pair + 1));
            for tile in 0..columns.div_ceil(SIDE) * 2 {
                let step = tile / 2 * steps + pair / TILE;
                let line = &mut lines[(step * 2 + tile % 2) * TILE + pair % TILE].0;
                let pairs = line.as_chunks_mut::<2>().0;
                match (even.as_chunks::<TILE>().0.get(tile), odd.as_chunks::<TILE>().0.get(tile)) {
                    (Some(even), Some(odd)) => {
                        for (pair, (even, odd)) in pairs.iter_mut().zip(even.iter().zip(odd)) {
                            *pair = [round(*even), round(*odd)];
                        }
                    }
                    _ => {
                        for (offset, pair) in pairs.iter_mut().enumerate() {
                            let value = |row: &[f32]| row.get(tile * TILE + offset).map_or(0, |x| round(*x));
                            *pair = [value(even), value(odd)];
                        }
                    }
                }
            }
        }
    }
}
