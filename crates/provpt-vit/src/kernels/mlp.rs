//! Layers that follow each other. A device may do them at once; these functions do it in steps.

use super::{Layers, Linear, LinearOn};

/// What a branch is added to.
#[derive(Debug)]
pub(crate) struct Residual<'a, B> {
    pub(crate) x: &'a B,
    /// Times what, per column (LayerScale).
    pub(crate) scale: Option<&'a B>,
}

/// An MLP branch.
#[derive(Debug)]
pub(crate) struct Mlp<'a, W, B> {
    pub(crate) fc1: &'a Linear<W, B>,
    pub(crate) fc2: &'a Linear<W, B>,
    pub(crate) residual: Residual<'a, B>,
}

/// See [`Layers::linear_residual`].
pub(crate) fn linear_residual<K: Layers>(
    k: &K,
    y: &mut K::Buffer,
    branch: &mut K::Buffer,
    input: &K::Buffer,
    w: &LinearOn<K>,
    residual: &Residual<'_, K::Buffer>,
    rows: usize,
) {
    k.linear(branch, input, w, rows);
    k.residual(y, residual.x, branch, residual.scale, rows, w.outputs);
}

/// See [`Layers::mlp`].
pub(crate) fn mlp<K: Layers>(
    k: &K,
    y: &mut K::Buffer,
    hidden: &mut K::Buffer,
    [wide, branch]: [&mut K::Buffer; 2],
    normed: &K::Buffer,
    w: &Mlp<'_, K::Weight, K::Buffer>,
    rows: usize,
) {
    k.linear(hidden, normed, w.fc1, rows);
    k.gelu(wide, hidden, rows * w.fc1.outputs);
    k.linear_residual(y, branch, wide, w.fc2, &w.residual, rows);
}

/// See [`Layers::mlp_grad`].
pub(crate) fn mlp_grad<K: Layers>(
    k: &K,
    dx: &mut K::Buffer,
    wide: &mut K::Buffer,
    dy: &K::Buffer,
    hidden: &K::Buffer,
    [fc1, fc2]: [&LinearOn<K>; 2],
    rows: usize,
) {
    k.linear_grad(wide, dy, fc2, rows, false);
    k.gelu_grad(wide, hidden, rows * fc1.outputs);
    k.linear_grad(dx, wide, fc1, rows, false);
}
