//! Maps of channels.

use super::Gpu;
use super::layers::single;
use super::memory::Buffer;
use super::shader::{Shader, word};
use crate::kernels::{MapShape, Maps, Window};

impl Gpu {
    /// Writes `len` values of `y`; `over` is a window, and how often it fits along a side.
    fn on_maps(
        &self,
        entry: &'static str,
        y: &Buffer,
        read: &[&Buffer],
        len: usize,
        (shape, over): (MapShape, [usize; 4]),
    ) {
        let shader = Shader { entry, source: include_str!("maps.wgsl") };
        let [size, stride, frame, steps] = over;
        let sizes = [len, shape.side, shape.channels, size, stride, frame, steps];
        self.call_on_each(shader, y, read, &sizes.map(word), len);
    }
}

fn windows(shape: MapShape, window: Window) -> (MapShape, [usize; 4]) {
    let Window { size, stride, frame } = window;
    (shape, [size, stride, frame, window.steps(shape.side).unwrap_or(0)])
}

/// Cells have no window of one size.
fn cells_of(shape: MapShape, cells: usize) -> (MapShape, [usize; 4]) {
    (shape, [0, 0, 0, cells])
}

impl Maps for Gpu {
    fn unfold(&self, rows: &mut Buffer, x: &Buffer, shape: MapShape, window: Window) {
        let len = window.over(shape).places() * window.width(shape.channels);
        self.on_maps("unfold", rows, &[x], len, windows(shape, window));
    }

    fn unfold_grad(&self, dx: &mut Buffer, d_rows: &Buffer, shape: MapShape, window: Window) {
        self.on_maps("unfold_grad", dx, &[d_rows], shape.len(), windows(shape, window));
    }

    fn relu(&self, x: &mut Buffer, len: usize) {
        self.on_values(single("relu"), x, &[], [len, 1], false);
    }

    fn relu_grad(&self, d: &mut Buffer, y: &Buffer, len: usize) {
        self.on_values(single("relu_grad"), d, &[y], [len, 1], false);
    }

    fn max_pool(&self, y: &mut Buffer, x: &Buffer, shape: MapShape, window: Window) {
        self.on_maps("max_pool", y, &[x], window.over(shape).len(), windows(shape, window));
    }

    fn max_pool_grad(
        &self,
        dx: &mut Buffer,
        dy: &Buffer,
        [x, y]: [&Buffer; 2],
        shape: MapShape,
        window: Window,
    ) {
        self.on_maps("max_pool_grad", dx, &[dy, x, y], shape.len(), windows(shape, window));
    }

    fn mean_cells(&self, y: &mut Buffer, x: &Buffer, shape: MapShape, cells: usize) {
        let len = shape.images * shape.channels * cells * cells;
        self.on_maps("mean_cells", y, &[x], len, cells_of(shape, cells));
    }

    fn mean_cells_grad(&self, dx: &mut Buffer, dy: &Buffer, shape: MapShape, cells: usize) {
        self.on_maps("mean_cells_grad", dx, &[dy], shape.len(), cells_of(shape, cells));
    }
}
