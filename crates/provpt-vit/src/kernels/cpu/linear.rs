//! Products with weights, and their gradients.

use std::ops::Range;

use super::Cpu;
use super::gemm::{Into, View, ViewMut, gemm};
use super::pack::PackedMatrix;
use super::scratch;
use super::transpose::Turn;
use crate::kernels::LinearOn;

/// Inputs whose weights are turned over at a time: as many as the widest micro-kernel takes, few
/// enough to stay in the core's cache.
const PANEL: usize = 64;

/// See [`crate::kernels::Layers::linear`].
pub(super) fn forward(y: &mut [f32], x: &[f32], w: &LinearOn<Cpu>, rows: usize) {
    let y = &mut y[..rows * w.outputs];
    let weight = match &*w.weight {
        PackedMatrix::F32(weight) => weight,
        PackedMatrix::Bf16(weight) => return weight.forward(y, x, &w.bias, rows),
    };
    for row in y.chunks_exact_mut(w.outputs) {
        row.copy_from_slice(&w.bias);
    }
    let x = View::rows(x, rows, w.inputs, w.inputs);
    let weight = weight.inputs_from(0, w.outputs);
    let weight = View::rows(weight, w.inputs, w.outputs, w.outputs);
    gemm(ViewMut::rows(y, rows, w.outputs, w.outputs), Into::Add, 1.0, x, weight);
}

/// See [`crate::kernels::Layers::linear_grad`].
pub(super) fn backward(
    dx: &mut [f32],
    dy: &[f32],
    w: &LinearOn<Cpu>,
    rows: usize,
    accumulate: bool,
) {
    if rows == 0 {
        return;
    }
    let weight = match &*w.weight {
        PackedMatrix::F32(weight) => weight,
        PackedMatrix::Bf16(weight) => return weight.backward(dx, dy, rows, accumulate),
    };
    let mode = if accumulate { Into::Add } else { Into::Replace };
    let dy = View::rows(dy, rows, w.outputs, w.outputs);
    scratch::with(PANEL * w.outputs, |panel| {
        for start in (0..w.inputs).step_by(PANEL) {
            let width = PANEL.min(w.inputs - start);
            let weight = weight.inputs_from(start, w.outputs);
            let size = (width, w.outputs);
            Turn::new((panel, PANEL), (weight, w.outputs), size).run();
            let dx = ViewMut::rows(&mut dx[start..], rows, width, w.inputs);
            gemm(dx, mode, 1.0, dy, View::rows(panel, w.outputs, width, PANEL));
        }
    });
}

/// See [`crate::kernels::Layers::linear_weight_grad`].
pub(super) fn weight_grad(
    dw: &mut [f32],
    x: &[f32],
    dy: &[f32],
    rows: usize,
    [inputs, outputs]: [usize; 2],
    of: Range<usize>,
) {
    if rows == 0 {
        return;
    }
    let dy = View::rows(&dy[of.start..], rows, of.len(), outputs).t();
    let x = View::rows(x, rows, inputs, inputs);
    gemm(ViewMut::rows(dw, of.len(), inputs, inputs), Into::Add, 1.0, dy, x);
}
