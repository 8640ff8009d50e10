//! Products of rows with a packed matrix, 32 x 32 at a time.

use std::cell::Cell;

use super::packed::{Line, Panels, SIDE, TILE, pack_rows, row_lines};
use super::unit::{Path, Unit};

/// 32 rows of 32 sums.
#[repr(C, align(64))]
pub(super) struct Block(pub(super) [[f32; SIDE]; SIDE]);

/// Where a block belongs, and how much of it there is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) row: usize,
    pub(super) column: usize,
    pub(super) rows: usize,
    pub(super) columns: usize,
}

impl Place {
    /// Where a row of the block begins in rows of `width`.
    #[inline(always)]
    pub(super) fn start(&self, index: usize, width: usize) -> usize {
        (self.row + index) * width + self.column
    }
}

/// Lines of rows that stay in the second cache while the whole matrix streams past: 1 MiB.
const RESIDENT: usize = 1 << 14;

thread_local! {
    /// Packed rows of the product at hand.
    static ROWS: Cell<Vec<Line>> = const { Cell::new(Vec::new()) };
}

/// The left side of a product.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) values: &'a [f32],
    pub(super) count: usize,
    /// From one row to the next.
    pub(super) stride: usize,
}

/// Rows, rounded, times a matrix; `finish` gets each block of the product once.
pub(super) fn product(
    path: Path,
    x: Rows<'_>,
    matrix: &Panels,
    mut finish: impl FnMut(&Block, Place),
) {
    let (inner, rows, mut unit) = (matrix.inner, x.count, Unit::new(path));
    // As many rows at a time as are resident, in parts of about equal size.
    let most = (RESIDENT / matrix.steps().max(1)).max(SIDE);
    let size = rows.div_ceil(rows.div_ceil(most).max(1)).next_multiple_of(SIDE);
    let mut lines = ROWS.take();
    let mut sums = Block([[0.0; SIDE]; SIDE]);
    for start in (0..rows).step_by(size.max(1)) {
        let count = size.min(rows - start);
        let needed = row_lines(count, inner);
        if lines.len() < needed {
            lines.resize(needed, Line::ZERO);
        }
        pack_rows(&mut lines, &x.values[start * x.stride..], count, inner, x.stride);
        let part = Part { lines: &lines[..needed], start, rows: count };
        part.times(&mut unit, matrix, &mut sums, &mut finish);
    }
    ROWS.set(lines);
}

/// Packed rows, and which they are.
struct Part<'a> {
    lines: &'a [Line],
    start: usize,
    rows: usize,
}

impl Part<'_> {
    fn times(
        &self,
        unit: &mut Unit,
        matrix: &Panels,
        sums: &mut Block,
        finish: &mut impl FnMut(&Block, Place),
    ) {
        let (tile, blocks) = (matrix.steps() * TILE, self.rows.div_ceil(SIDE));
        for index in 0..matrix.count() {
            let (panel, next) = (matrix.panel(index), matrix.panel(index + 1));
            // While a panel is multiplied, the next one comes, a share of it with each block.
            let mut ahead = next.chunks(next.len().div_ceil(blocks).max(1));
            for (block, tiles) in self.lines.chunks_exact(2 * tile).enumerate() {
                let tiles = tiles.split_at(tile);
                unit.multiply(sums, [tiles.0, tiles.1], panel, ahead.next().unwrap_or(&[]));
                let (row, column) = (block * SIDE, index * SIDE);
                finish(
                    sums,
                    Place {
                        row: self.start + row,
                        column,
                        rows: SIDE.min(self.rows - row),
                        columns: SIDE.min(matrix.columns - column),
                    },
                );
            }
        }
    }
}
