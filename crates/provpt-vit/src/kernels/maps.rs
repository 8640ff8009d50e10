//! Maps of channels, as convolutional networks have them, and windows that move over them.
//!
//! A map is `[images, side, side, channels]`: the channels of a place stand together, so that a
//! convolution is a linear layer on rows that [`Maps::unfold`] makes, and what it puts out is a map
//! again.

use super::Memory;

/// Square maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MapShape {
    pub(crate) images: usize,
    /// Side of a map, in places.
    pub(crate) side: usize,
    pub(crate) channels: usize,
}

impl MapShape {
    /// Places of all images.
    pub(crate) fn places(self) -> usize {
        self.images * self.side * self.side
    }

    /// Image, row and column of a place.
    pub(super) fn place(self, index: usize) -> [usize; 3] {
        let side = self.side;
        [index / side / side, index / side % side, index % side]
    }

    pub(crate) fn len(self) -> usize {
        self.places() * self.channels
    }
}

/// A square window that moves over maps, along both sides alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// Side of the window, in places.
    pub(crate) size: usize,
    /// Places from one window to the next.
    pub(crate) stride: usize,
    /// Places of zeros around a map.
    pub(crate) frame: usize,
}

impl Window {
    /// How many windows fit along a side; none if a map is too small for one.
    pub(crate) fn steps(self, side: usize) -> Option<usize> {
        let room = (side + 2 * self.frame).checked_sub(self.size)?;
        Some(room / self.stride + 1)
    }

    /// Maps that have a place for each place of the window.
    pub(crate) fn over(self, shape: MapShape) -> MapShape {
        MapShape { side: self.steps(shape.side).unwrap_or(0), ..shape }
    }

    /// Values of such a row.
    pub(crate) fn width(self, channels: usize) -> usize {
        self.size * self.size * channels
    }
}

/// Operations on maps, and their derivatives. `shape` is what a window moves over.
pub(crate) trait Maps: Memory {
    /// One row for each place of a window: `rows[images * steps^2, size * size * channels]`, in the
    /// order of (row, column, channel).
    fn unfold(&self, rows: &mut Self::Buffer, x: &Self::Buffer, shape: MapShape, window: Window);
    /// The gradient of [`Maps::unfold`], overwriting `dx`.
    fn unfold_grad(
        &self,
        dx: &mut Self::Buffer,
        d_rows: &Self::Buffer,
        shape: MapShape,
        window: Window,
    );
    /// `x = max(x, 0)`.
    fn relu(&self, x: &mut Self::Buffer, len: usize);
    /// `d = 0` where `y`, which ReLU put out, is 0.
    fn relu_grad(&self, d: &mut Self::Buffer, y: &Self::Buffer, len: usize);
    /// The largest value of each channel in each place of a window without a frame:
    /// `y[images, steps, steps, channels]`.
    fn max_pool(&self, y: &mut Self::Buffer, x: &Self::Buffer, shape: MapShape, window: Window);
    /// The gradient of [`Maps::max_pool`], overwriting `dx`: that of `y` goes to the first place of
    /// the window that has its value. `values` are `x` and `y`.
    fn max_pool_grad(
        &self,
        dx: &mut Self::Buffer,
        dy: &Self::Buffer,
        values: [&Self::Buffer; 2],
        shape: MapShape,
        window: Window,
    );
    /// Means over `cells x cells` parts of a map, which overlap where they do not come out even, and
    /// the channels one after the other: `y[images, channels, cells, cells]`.
    fn mean_cells(&self, y: &mut Self::Buffer, x: &Self::Buffer, shape: MapShape, cells: usize);
    /// The gradient of [`Maps::mean_cells`], overwriting `dx`.
    fn mean_cells_grad(
        &self,
        dx: &mut Self::Buffer,
        dy: &Self::Buffer,
        shape: MapShape,
        cells: usize,
    );
}

/// The places of a cell along a side: from `floor(i H / cells)` to `ceil((i + 1) H / cells)`.
pub(super) fn cell(index: usize, side: usize, cells: usize) -> std::ops::Range<usize> {
    index * side / cells..((index + 1) * side).div_ceil(cells)
}
