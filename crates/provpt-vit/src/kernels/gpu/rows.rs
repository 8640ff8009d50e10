//! Moves of rows.

use std::ops::Range;

use super::Gpu;
use super::memory::Buffer;
use super::shader::{Shader, word};
use crate::kernels::{InsertShape, MergeShape, PatchShape, Rows, TokenShape};

/// Sizes as the shaders have them.
#[derive(Clone, Copy)]
struct Sizes {
    tokens: TokenShape,
    first: usize,
    extra: usize,
    per_image: bool,
    start: usize,
    end: usize,
}

impl From<TokenShape> for Sizes {
    fn from(tokens: TokenShape) -> Self {
        Self { tokens, first: 0, extra: 0, per_image: false, start: 0, end: 0 }
    }
}

impl From<InsertShape> for Sizes {
    fn from(shape: InsertShape) -> Self {
        let InsertShape { before, first, extra, per_image } = shape;
        Self { first, extra, per_image, ..before.into() }
    }
}

/// Values of inserted or added rows.
fn extra_len(shape: InsertShape) -> usize {
    let groups = if shape.per_image { shape.before.images } else { 1 };
    groups * shape.extra * shape.before.width
}

impl Gpu {
    /// Writes `len` values of `y`.
    fn move_rows(
        &self,
        entry: &'static str,
        y: &Buffer,
        read: &[&Buffer],
        len: usize,
        sizes: impl Into<Sizes>,
    ) {
        let Sizes { tokens, first, extra, per_image, start, end } = sizes.into();
        let TokenShape { images, tokens, width } = tokens;
        let per_image = per_image.into();
        let shader = Shader { entry, source: include_str!("rows.wgsl") };
        let params = [len, images, tokens, width, first, extra, per_image, start, end].map(word);
        self.call_on_each(shader, y, read, &params, len);
    }

    fn on_grid(&self, entry: &'static str, y: &Buffer, a: &Buffer, sizes: [usize; 5]) {
        let shader = Shader { entry, source: include_str!("grid.wgsl") };
        self.call_on_each(shader, y, &[a], &sizes.map(word), sizes[0]);
    }
}

impl Rows for Gpu {
    fn patches(&self, rows: &mut Buffer, pixels: &Buffer, shape: PatchShape) {
        let PatchShape { images, side, frame, patch } = shape;
        let steps = (side + 2 * frame) / patch;
        let len = images * steps * steps * 3 * patch * patch;
        self.on_grid("patches", rows, pixels, [len, side, frame, patch, steps]);
    }

    fn assemble(&self, x: &mut Buffer, patches: &Buffer, position: &Buffer, shape: TokenShape) {
        let len = shape.images * shape.tokens * shape.width;
        self.move_rows("assemble", x, &[patches, position], len, shape);
    }

    fn assemble_grad(&self, d_patches: &mut Buffer, dx: &Buffer, shape: TokenShape) {
        let len = shape.images * (shape.tokens - 1) * shape.width;
        self.move_rows("assemble_grad", d_patches, &[dx], len, shape);
    }

    fn insert_rows(&self, y: &mut Buffer, x: &Buffer, rows: &Buffer, shape: InsertShape) {
        let TokenShape { images, tokens, width } = shape.before;
        let len = images * (tokens + shape.extra) * width;
        self.move_rows("insert_rows", y, &[x, rows], len, shape);
    }

    fn insert_rows_grad(
        &self,
        dx: &mut Buffer,
        d_rows: &mut Buffer,
        dy: &Buffer,
        shape: InsertShape,
    ) {
        let TokenShape { images, tokens, width } = shape.before;
        self.move_rows("take_rows", dx, &[dy], images * tokens * width, shape);
        self.move_rows("inserted_grad", d_rows, &[dy], extra_len(shape), shape);
    }

    fn first_rows(&self, y: &mut Buffer, x: &Buffer, shape: TokenShape) {
        self.move_rows("first_rows", y, &[x], shape.images * shape.width, shape);
    }

    fn first_rows_grad(&self, dx: &mut Buffer, dy: &Buffer, shape: TokenShape) {
        self.move_rows("first_rows_grad", dx, &[dy], shape.images * shape.width, shape);
    }

    fn add_rows(&self, x: &mut Buffer, rows: &Buffer, shape: InsertShape) {
        let TokenShape { images, tokens, width } = shape.before;
        self.move_rows("add_rows", x, &[rows], images * tokens * width, shape);
    }

    fn add_rows_grad(&self, d_rows: &mut Buffer, dx: &Buffer, shape: InsertShape) {
        let TokenShape { images, tokens, width } = shape.before;
        if shape.extra == 1 && !shape.per_image {
            self.row_sums(d_rows, dx, images * tokens, width);
        } else {
            self.move_rows("add_rows_grad", d_rows, &[dx], extra_len(shape), shape);
        }
    }

    fn mean_rows(&self, y: &mut Buffer, x: &Buffer, shape: TokenShape, rows: Range<usize>) {
        let sizes = Sizes { start: rows.start, end: rows.end, ..shape.into() };
        self.move_rows("mean_rows", y, &[x], shape.images * shape.width, sizes);
    }

    fn mean_rows_grad(&self, dx: &mut Buffer, dy: &Buffer, shape: TokenShape, rows: Range<usize>) {
        let sizes = Sizes { start: rows.start, end: rows.end, ..shape.into() };
        let len = shape.images * shape.tokens * shape.width;
        self.move_rows("mean_rows_grad", dx, &[dy], len, sizes);
    }

    fn merge(&self, y: &mut Buffer, x: &Buffer, shape: MergeShape) {
        let MergeShape { images, extra, grid, width } = shape;
        let len = images * shape.after() * 4 * width;
        self.on_grid("merge", y, x, [len, grid, 0, extra, width]);
    }

    fn merge_grad(&self, dx: &mut Buffer, dy: &Buffer, shape: MergeShape) {
        let MergeShape { images, extra, grid, width } = shape;
        let len = images * shape.before() * width;
        self.on_grid("merge_grad", dx, dy, [len, grid, 0, extra, width]);
    }
}
