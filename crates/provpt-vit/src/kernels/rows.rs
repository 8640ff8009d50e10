//! Rows of tokens: made of pixels, inserted, gathered, averaged.

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
    /// Rows inserted or added per image.
    pub(crate) extra: usize,
    /// Whether every image gets rows of its own, as in [`super::AttentionShape`].
    pub(crate) per_image: bool,
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
    /// Puts `extra` rows behind the first row of every image: `x[images, tokens, width]` becomes
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
}
