//! Products of activations with activations: both sides are packed every time.

use std::cell::Cell;

use super::finish;
use super::packed::Panels;
use super::product::{Rows, product};
use super::unit::Path;
use crate::kernels::cpu::gemm::{View, ViewMut};
use crate::kernels::cpu::transpose::Turn;

/// What a thread packs into.
struct Memory {
    panels: Panels,
    turned: Vec<f32>,
    result: Vec<f32>,
}

impl Default for Memory {
    fn default() -> Self {
        Self { panels: Panels::EMPTY, turned: Vec::new(), result: Vec::new() }
    }
}

thread_local! {
    static KEPT: Cell<Option<Memory>> = const { Cell::new(None) };
}

/// `out = scale * a b`. The values of a row of `b` lie side by side, as do those of a row, or of a
/// column, of `a`.
pub(in crate::kernels::cpu) fn activations(
    path: Path,
    out: ViewMut<'_>,
    scale: f32,
    a: View<'_>,
    b: View<'_>,
) {
    assert_eq!((a.rows, a.cols, b.cols), (out.rows, b.rows, out.cols), "matrix product shapes");
    assert_eq!(b.col_stride, 1, "rows of the right side");
    let mut memory = KEPT.take().unwrap_or_default();
    if a.col_stride == 1 {
        memory.panels.take(b.data, (b.rows, b.cols), b.row_stride);
        let rows = Rows { values: a.data, count: a.rows, stride: a.row_stride };
        product(path, rows, &memory.panels, |sums, place| {
            finish::scaled(out.data, out.stride, scale, sums, place);
        });
    } else {
        assert_eq!(a.row_stride, 1, "columns of the left side");
        memory.turned(path, out, scale, a.t(), b);
    }
    KEPT.set(Some(memory));
}

impl Memory {
    /// `outᵀ = scale * bᵀ a`, turned over: the large side, `a`, is packed as it lies.
    fn turned(&mut self, path: Path, out: ViewMut<'_>, scale: f32, a: View<'_>, b: View<'_>) {
        let (inner, columns, width) = (a.rows, a.cols, b.cols);
        self.panels.take(a.data, (inner, columns), a.row_stride);
        let fit = |memory: &mut Vec<f32>, len| {
            if memory.len() < len {
                memory.resize(len, 0.0);
            }
        };
        fit(&mut self.turned, width * inner);
        fit(&mut self.result, width * columns);
        Turn::new((&mut self.turned, inner), (b.data, b.row_stride), (inner, width)).run();
        let rows = Rows { values: &self.turned, count: width, stride: inner };
        product(path, rows, &self.panels, |sums, place| {
            finish::scaled(&mut self.result, columns, scale, sums, place);
        });
        Turn::new((out.data, out.stride), (&self.result, columns), (width, columns)).run();
    }
}
