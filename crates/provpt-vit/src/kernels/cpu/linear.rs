//! Products with weights, and their gradients.

use std::ops::Range;

use super::gemm::{Into, View, ViewMut, gemm};
use super::pack::{F32Matrix, PackedMatrix};
use super::scratch;
use super::transpose::Turn;
use super::{Cpu, bf16, elementwise};
use crate::kernels::{LinearOn, Residual};

/// Inputs whose weights are turned over at a time: as many as the widest micro-kernel takes, few
/// enough to stay in the core's cache.
const PANEL: usize = 64;

/// See [`crate::kernels::Layers::linear`].
pub(super) fn forward(y: &mut [f32], x: &[f32], w: &LinearOn<Cpu>, rows: usize) {
    let y = &mut y[..rows * w.outputs];
    match &*w.weight {
        PackedMatrix::Bf16(weight) => weight.forward(y, x, &w.bias, rows),
        PackedMatrix::F32(weight) => {
            for row in y.chunks_exact_mut(w.outputs) {
                row.copy_from_slice(&w.bias);
            }
            product(y, x, weight, w.outputs, Into::Add);
        }
    }
}

/// See [`crate::kernels::Layers::linear_residual`]. In f32 the bias comes with the sum: to put it under
/// the product would be a pass over memory more.
pub(super) fn residual(
    y: &mut [f32],
    branch: &mut [f32],
    input: &[f32],
    w: &LinearOn<Cpu>,
    base: &Residual<'_, Vec<f32>>,
    rows: usize,
) {
    let weight = match &*w.weight {
        PackedMatrix::F32(weight) => weight,
        PackedMatrix::Bf16(matrix) => {
            let layer = bf16::Layer { matrix, bias: &w.bias };
            return bf16::linear_residual(y, input, layer, base.into(), rows);
        }
    };
    let len = rows * w.outputs;
    let (y, branch, x) = (&mut y[..len], &mut branch[..len], &base.x[..len]);
    product(branch, input, weight, w.outputs, Into::Replace);
    match base.scale {
        None => elementwise::biased_sum(y, x, branch, &w.bias),
        Some(scale) => elementwise::biased_scaled_sum(y, x, branch, &w.bias, scale),
    }
}

/// `hidden = input W + b` and `y = gelu(hidden)`, likewise.
pub(super) fn gelu(
    y: &mut [f32],
    hidden: &mut [f32],
    input: &[f32],
    w: &LinearOn<Cpu>,
    rows: usize,
) {
    let len = rows * w.outputs;
    let (y, hidden) = (&mut y[..len], &mut hidden[..len]);
    match &*w.weight {
        PackedMatrix::F32(weight) => {
            product(hidden, input, weight, w.outputs, Into::Replace);
            elementwise::biased_gelu(y, hidden, &w.bias);
        }
        PackedMatrix::Bf16(_) => {
            forward(hidden, input, w, rows);
            elementwise::gelu(y, hidden);
        }
    }
}

/// `y[rows, outputs] = x[rows, inputs] W`, or added to it.
fn product(y: &mut [f32], x: &[f32], weight: &F32Matrix, outputs: usize, mode: Into) {
    let weight = weight.inputs_from(0, outputs);
    let (rows, inputs) = (y.len() / outputs, weight.len() / outputs);
    let x = View::rows(x, rows, inputs, inputs);
    let weight = View::rows(weight, inputs, outputs, outputs);
    gemm(ViewMut::rows(y, rows, outputs, outputs), mode, 1.0, x, weight);
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
