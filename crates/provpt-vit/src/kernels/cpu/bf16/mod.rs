//! Products in bf16: a frozen matrix is rounded and packed once for either direction, activations
//! are rounded as they are packed, sums are f32.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod amx;
pub(super) mod attention;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod finish;
mod mlp;
mod packed;
mod packing;
mod plain;
mod product;
mod quick;
mod round;
#[cfg(test)]
mod tests;
mod unit;

use super::arch;
use super::gemm::View;
use crate::error::Error;
use crate::kernels::{FrozenMatrix, Role};
pub(super) use mlp::{Base, Layer, linear_residual, mlp, mlp_grad};
pub(super) use packed::Stack;
use packed::{Panels, Strided};
use product::product;
pub(crate) use unit::Path;

/// A frozen matrix, rounded.
#[derive(Debug)]
pub(crate) struct Bf16Matrix {
    path: Path,
    /// `[inputs, outputs]`.
    forward: Panels,
    /// `[outputs, inputs]`, where gradients of inputs are asked for.
    backward: Option<Panels>,
}

impl Bf16Matrix {
    pub(crate) fn new(matrix: &FrozenMatrix, role: Role, path: Path) -> Result<Self, Error> {
        let (forward, backward) = views(&matrix.values, matrix.inputs, matrix.outputs);
        let backward = (role == Role::ForwardAndBackward).then(|| Panels::new(backward));
        Ok(Self { path, forward: Panels::new(forward)?, backward: backward.transpose()? })
    }

    /// Takes other values `[outputs, inputs]`.
    pub(crate) fn refill(&mut self, values: &[f32], inputs: usize, outputs: usize) {
        let (forward, backward) = views(values, inputs, outputs);
        self.forward.refill(forward);
        if let Some(panels) = &mut self.backward {
            panels.refill(backward);
        }
    }

    /// `y[rows, outputs] = x[rows, inputs] W + bias`.
    pub(crate) fn forward(&self, y: &mut [f32], x: &[f32], bias: &[f32], rows: usize) {
        let x = View::rows(x, rows, self.forward.inner, self.forward.inner);
        product(self.path, x, &self.forward, |sums, place| {
            finish::biased(y, self.forward.columns, bias, sums, place);
        });
    }

    /// `dx[rows, inputs] = dy[rows, outputs] Wᵀ`, or added to it.
    pub(crate) fn backward(&self, dx: &mut [f32], dy: &[f32], rows: usize, accumulate: bool) {
        let Some(matrix) = &self.backward else { return };
        let dy = View::rows(dy, rows, matrix.inner, matrix.inner);
        product(self.path, dy, matrix, |sums, place| match accumulate {
            false => finish::replaced(dx, matrix.columns, sums, place),
            true => finish::added(dx, matrix.columns, sums, place),
        });
    }
}

/// Values `[outputs, inputs]` as the right side of products in either direction.
fn views(values: &[f32], inputs: usize, outputs: usize) -> (Strided<'_>, Strided<'_>) {
    let forward =
        Strided { values, inner: inputs, columns: outputs, inner_stride: 1, column_stride: inputs };
    let backward =
        Strided { values, inner: outputs, columns: inputs, inner_stride: inputs, column_stride: 1 };
    (forward, backward)
}
