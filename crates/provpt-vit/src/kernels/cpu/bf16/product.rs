//! Products of rows with a packed matrix, 32 x 32 at a time.

use std::cell::Cell;
use std::ops::Range;

use super::packed::{PackedRows, Panels, SIDE};
use super::unit::{Path, Unit};
use crate::kernels::cpu::gemm::View;

/// 32 rows of 32 sums.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(super) struct Block(pub(super) [[f32; SIDE]; SIDE]);

impl Block {
    pub(super) const ZERO: Self = Self([[0.0; SIDE]; SIDE]);
}

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
    static ROWS: Cell<PackedRows> = const { Cell::new(PackedRows::EMPTY) };
}

/// Rows, rounded, times a matrix; `finish` gets each block of the product once.
pub(super) fn product(
    path: Path,
    x: View<'_>,
    matrix: &Panels,
    mut finish: impl FnMut(&Block, Place),
) {
    let (mut unit, mut packed) = (Unit::new(path), ROWS.take());
    for rows in parts(x.rows, matrix) {
        let start = rows.start * x.row_stride;
        packed.take(View::rows(&x.data[start..], rows.len(), x.cols, x.row_stride));
        Part { packed: &packed, first: 0, rows }.times(&mut unit, matrix, &mut finish);
    }
    ROWS.set(packed);
}

/// The same of rows that are packed.
pub(super) fn product_of_packed(
    path: Path,
    packed: &PackedRows,
    rows: usize,
    matrix: &Panels,
    mut finish: impl FnMut(&Block, Place),
) {
    let mut unit = Unit::new(path);
    for rows in parts(rows, matrix) {
        let first = rows.start / SIDE;
        Part { packed, first, rows }.times(&mut unit, matrix, &mut finish);
    }
}

/// As many rows at a time as are resident, in parts of about equal size.
fn parts(rows: usize, matrix: &Panels) -> impl Iterator<Item = Range<usize>> + use<> {
    let most = (RESIDENT / matrix.steps().max(1)).max(SIDE);
    let size = rows.div_ceil(rows.div_ceil(most).max(1)).next_multiple_of(SIDE).max(SIDE);
    (0..rows).step_by(size).map(move |start| start..rows.min(start + size))
}

/// Some of the rows of a product, from a block of the packed ones on.
struct Part<'a> {
    packed: &'a PackedRows,
    first: usize,
    rows: Range<usize>,
}

impl Part<'_> {
    fn times(&self, unit: &mut Unit, matrix: &Panels, finish: &mut impl FnMut(&Block, Place)) {
        let (count, mut sums) = (self.rows.len(), Block::ZERO);
        let blocks = count.div_ceil(SIDE);
        for index in 0..matrix.count() {
            let (panel, next) = (matrix.panel(index), matrix.panel(index + 1));
            // While a panel is multiplied, the next one comes, a share of it with each block.
            let mut ahead = next.chunks(next.len().div_ceil(blocks).max(1));
            for block in 0..blocks {
                let (tiles, ahead) = (self.packed.block(self.first + block), ahead.next());
                unit.multiply(&mut sums, tiles, panel, ahead.unwrap_or(&[]));
                let (row, column) = (block * SIDE, index * SIDE);
                let (rows, columns) = (SIDE.min(count - row), SIDE.min(matrix.columns - column));
                finish(&sums, Place { row: self.rows.start + row, column, rows, columns });
            }
        }
    }
}
