//! Rows of tokens: made of pixels, inserted, gathered, merged, averaged.

use std::ops::Range;

use super::Memory;

/// Tokens of some images: `[images, tokens, width]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenShape {
    pub(crate) images: usize,
    /// Rows per image.
    pub(crate) tokens: usize,
    pub(crate) width: usize,
}

/// Square pictures and their square patches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PatchShape {
    pub(crate) images: usize,
    /// Side of an image, in pixels.
    pub(crate) side: usize,
    /// Pixels of zeros around an image.
    pub(crate) frame: usize,
    /// Side of a patch, in pixels.
    pub(crate) patch: usize,
}

/// Sizes of an insertion, or of an addition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InsertShape {
    /// Before it.
    pub(crate) before: TokenShape,
    /// Rows of an image that stay in front of those inserted.
    pub(crate) first: usize,
    /// Rows inserted or added per image.
    pub(crate) extra: usize,
    /// Whether every image gets rows of its own, as in [`super::AttentionShape`].
    pub(crate) per_image: bool,
}

/// Sizes of a merge of each four neighbours of a grid.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MergeShape {
    pub(crate) images: usize,
    /// Rows of an image in front of its grid.
    pub(crate) extra: usize,
    /// Side of the grid, in tokens; even.
    pub(crate) grid: usize,
    /// Of one of the four.
    pub(crate) width: usize,
}

impl MergeShape {
    /// Rows per image before the merge.
    pub(crate) fn before(self) -> usize {
        self.extra + self.grid * self.grid
    }

    /// Rows per image behind it, each four times as wide.
    pub(crate) fn after(self) -> usize {
        self.extra + self.grid * self.grid / 4
    }
}

/// Moves of rows, and their derivatives.
pub(crate) trait Rows: Memory {
    /// Cuts `pixels[images, 3, side, side]`, in their frames, into rows of one patch each,
    /// `[images * patches, 3 p p]`. What does not fill a patch is left out.
    fn patches(&self, rows: &mut Self::Buffer, pixels: &Self::Buffer, shape: PatchShape);
    /// `x[image, 0] = start`, `x[image, 1 + i] = patches[image, i] + position[1 + i]`, with
    /// `start = cls + position[0]` folded into row 0 of `position [tokens, width]`.
    fn assemble(
        &self,
        x: &mut Self::Buffer,
        patches: &Self::Buffer,
        position: &Self::Buffer,
        shape: TokenShape,
    );
    /// What [`Rows::assemble`] passes on to patches: every image's rows but the first,
    /// `d_patches[images, tokens - 1, width]` from `dx[images, tokens, width]`.
    fn assemble_grad(&self, d_patches: &mut Self::Buffer, dx: &Self::Buffer, shape: TokenShape);
    /// Puts `extra` rows behind the `first` rows of every image: `x[images, tokens, width]` becomes
    /// `y[images, tokens + extra, width]`. `rows` are `[extra, width]`, or `[images, extra, width]`.
    fn insert_rows(
        &self,
        y: &mut Self::Buffer,
        x: &Self::Buffer,
        rows: &Self::Buffer,
        shape: InsertShape,
    );
    /// Takes the inserted rows out again: `dx` gets what belonged to `x`, `d_rows` (added to) what
    /// belonged to the inserted rows, summed over images unless they were per image.
    fn insert_rows_grad(
        &self,
        dx: &mut Self::Buffer,
        d_rows: &mut Self::Buffer,
        dy: &Self::Buffer,
        shape: InsertShape,
    );
    /// Gathers each image's first row: `y[images, width]` from `x[images, tokens, width]`.
    fn first_rows(&self, y: &mut Self::Buffer, x: &Self::Buffer, shape: TokenShape);
    /// The gradient of [`Rows::first_rows`], added to `dx`.
    fn first_rows_grad(&self, dx: &mut Self::Buffer, dy: &Self::Buffer, shape: TokenShape);
    /// Adds rows to those of every image, `x[images, tokens, width] += rows`: as many as there are
    /// tokens, or one to all of them, as `extra` says. `rows` are `[extra, width]`, or
    /// `[images, extra, width]`.
    fn add_rows(&self, x: &mut Self::Buffer, rows: &Self::Buffer, shape: InsertShape);
    /// What [`Rows::add_rows`] passes on to the rows, added to `d_rows`: summed over images unless
    /// they were per image.
    fn add_rows_grad(&self, d_rows: &mut Self::Buffer, dx: &Self::Buffer, shape: InsertShape);
    /// Mean over these rows of each image: `y[images, width]`. That of no rows is 0.
    fn mean_rows(
        &self,
        y: &mut Self::Buffer,
        x: &Self::Buffer,
        shape: TokenShape,
        rows: Range<usize>,
    );
    /// The gradient of [`Rows::mean_rows`], overwriting `dx`.
    fn mean_rows_grad(
        &self,
        dx: &mut Self::Buffer,
        dy: &Self::Buffer,
        shape: TokenShape,
        rows: Range<usize>,
    );
    /// Puts neighbours of each image's grid side by side: `y[images, extra + cells / 4, 4 width]` has
    /// `x(2i, 2j), x(2i + 1, 2j), x(2i, 2j + 1), x(2i + 1, 2j + 1)` for each cell `(i, j)`. Rows in
    /// front of the grid are put beside themselves.
    fn merge(&self, y: &mut Self::Buffer, x: &Self::Buffer, shape: MergeShape);
    /// The gradient of [`Rows::merge`], overwriting `dx`.
    fn merge_grad(&self, dx: &mut Self::Buffer, dy: &Self::Buffer, shape: MergeShape);
}
