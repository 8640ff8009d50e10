//! Layers that follow each other in bf16: what is between them is packed as it is made, and what
//! comes after them is done while their sums are near the core.

use std::cell::Cell;

use super::packed::PackedRows;
use super::product::{product, product_of_packed};
use super::{Bf16Matrix, finish};
use crate::kernels::cpu::gemm::View;

/// A frozen layer.
#[derive(Clone, Copy)]
pub(in crate::kernels::cpu) struct Layer<'a> {
    pub(in crate::kernels::cpu) matrix: &'a Bf16Matrix,
    pub(in crate::kernels::cpu) bias: &'a [f32],
}

/// What a branch is added to, and times what.
#[derive(Clone, Copy)]
pub(in crate::kernels::cpu) struct Base<'a> {
    pub(in crate::kernels::cpu) x: &'a [f32],
    pub(in crate::kernels::cpu) scale: Option<&'a [f32]>,
}

thread_local! {
    /// What is between two layers.
    static BETWEEN: Cell<PackedRows> = const { Cell::new(PackedRows::EMPTY) };
}

/// See [`crate::kernels::Layers::linear_residual`].
pub(in crate::kernels::cpu) fn linear_residual(
    y: &mut [f32],
    input: &[f32],
    Layer { matrix, bias }: Layer<'_>,
    base: Base<'_>,
    rows: usize,
) {
    let input = View::rows(input, rows, matrix.forward.inner, matrix.forward.inner);
    product(matrix.path, input, &matrix.forward, |sums, place| {
        finish::residual(y, base.x, bias, base.scale, sums, place);
    });
}

/// See [`crate::kernels::Layers::mlp`].
pub(in crate::kernels::cpu) fn mlp(
    y: &mut [f32],
    hidden: &mut [f32],
    normed: &[f32],
    [fc1, fc2]: [Layer<'_>; 2],
    base: Base<'_>,
    rows: usize,
) {
    let mut between = BETWEEN.take();
    let (first, second) = (&fc1.matrix.forward, &fc2.matrix.forward);
    between.fit(rows, first.columns);
    let normed = View::rows(normed, rows, first.inner, first.inner);
    product(fc1.matrix.path, normed, first, |sums, place| {
        finish::gelu(hidden, &mut between.lines, fc1.bias, sums, place);
    });
    product_of_packed(fc2.matrix.path, &between, rows, second, |sums, place| {
        finish::residual(y, base.x, fc2.bias, base.scale, sums, place);
    });
    BETWEEN.set(between);
}

/// See [`crate::kernels::Layers::mlp_grad`].
pub(in crate::kernels::cpu) fn mlp_grad(
    dx: &mut [f32],
    dy: &[f32],
    hidden: &[f32],
    [fc1, fc2]: [Layer<'_>; 2],
    rows: usize,
) {
    let (fc1, fc2) = (fc1.matrix, fc2.matrix);
    let (Some(first), Some(second)) = (&fc1.backward, &fc2.backward) else { return };
    let mut between = BETWEEN.take();
    between.fit(rows, second.columns);
    let dy = View::rows(dy, rows, second.inner, second.inner);
    product(fc2.path, dy, second, |sums, place| {
        finish::gelu_grad(&mut between.lines, hidden, second.columns, sums, place);
    });
    product_of_packed(fc1.path, &between, rows, first, |sums, place| {
        finish::replaced(dx, first.columns, sums, place);
    });
    BETWEEN.set(between);
}
