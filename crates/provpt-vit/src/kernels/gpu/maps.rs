//! Maps of channels.

use super::Gpu;
use super::memory::Buffer;
use super::shader::{Call, LANES, Shader, word};
use crate::kernels::{MapShape, Maps, Window};

impl Gpu {
    /// Writes `len` values of `y`.
    fn on_maps(
        &self,
        entry: &'static str,
        y: &Buffer,
        read: &[&Buffer],
        len: usize,
        (shape, window): (MapShape, Window),
    ) {
        let MapShape { side, channels, .. } = shape;
        let Window { size, stride, frame } = window;
        let steps = window.steps(side).unwrap_or(0);
        self.call(&Call {
            shader: Shader { entry, source: include_str!("maps.wgsl") },
            constants: &[],
            written: &[y],
            read,
            params: &[len, side, channels, size, stride, frame, steps].map(word),
            groups: len.div_ceil(LANES),
        });
    }

    /// The same for a map in cells.
    fn on_cells(
        &self,
        entry: &'static str,
        [y, a]: [&Buffer; 2],
        len: usize,
        shape: MapShape,
        cells: usize,
    ) {
        let MapShape { side, channels, .. } = shape;
        self.call(&Call {
            shader: Shader { entry, source: include_str!("maps.wgsl") },
            constants: &[],
            written: &[y],
            read: &[a],
            params: &[len, side, channels, 0, 0, 0, cells].map(word),
            groups: len.div_ceil(LANES),
        });
    }
}

/// A shader of single values.
const fn single(entry: &'static str) -> Shader {
    Shader { entry, source: include_str!("elementwise.wgsl") }
}

impl Maps for Gpu {
    fn unfold(&self, rows: &mut Buffer, x: &Buffer, shape: MapShape, window: Window) {
        let len = window.over(shape).places() * window.width(shape.channels);
        self.on_maps("unfold", rows, &[x], len, (shape, window));
    }

    fn unfold_grad(&self, dx: &mut Buffer, d_rows: &Buffer, shape: MapShape, window: Window) {
        self.on_maps("unfold_grad", dx, &[d_rows], shape.len(), (shape, window));
    }

    fn relu(&self, x: &mut Buffer, len: usize) {
        self.on_values(single("relu"), x, &[], [len, 1], false);
    }

    fn relu_grad(&self, d: &mut Buffer, y: &Buffer, len: usize) {
        self.on_values(single("relu_grad"), d, &[y], [len, 1], false);
    }

    fn max_pool(&self, y: &mut Buffer, x: &Buffer, shape: MapShape, window: Window) {
        self.on_maps("max_pool", y, &[x], window.over(shape).len(), (shape, window));
    }

    fn max_pool_grad(
        &self,
        dx: &mut Buffer,
        dy: &Buffer,
        [x, y]: [&Buffer; 2],
        shape: MapShape,
        window: Window,
    ) {
        self.on_maps("max_pool_grad", dx, &[dy, x, y], shape.len(), (shape, window));
    }

    fn mean_cells(&self, y: &mut Buffer, x: &Buffer, shape: MapShape, cells: usize) {
        let len = shape.images * shape.channels * cells * cells;
        self.on_cells("mean_cells", [y, x], len, shape, cells);
    }

    fn mean_cells_grad(&self, dx: &mut Buffer, dy: &Buffer, shape: MapShape, cells: usize) {
        self.on_cells("mean_cells_grad", [dx, dy], shape.len(), shape, cells);
    }
}
