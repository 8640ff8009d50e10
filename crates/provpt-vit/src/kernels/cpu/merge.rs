//! Four neighbours of a grid side by side.

use super::elementwise::add;
use crate::kernels::MergeShape;

/// See [`crate::kernels::Rows::merge`].
pub(super) fn merge(y: &mut [f32], x: &[f32], shape: MergeShape) {
    let width = shape.width;
    let y = &mut y[..shape.images * shape.after() * 4 * width];
    for (to, from) in y.chunks_exact_mut(width).zip(sources(shape)) {
        to.copy_from_slice(&x[from * width..][..width]);
    }
}

/// See [`crate::kernels::Rows::merge_grad`].
pub(super) fn merge_grad(dx: &mut [f32], dy: &[f32], shape: MergeShape) {
    let width = shape.width;
    for image in 0..shape.images {
        // Rows in front of the grid went to four places.
        dx[image * shape.before() * width..][..shape.extra * width].fill(0.0);
    }
    let dy = &dy[..shape.images * shape.after() * 4 * width];
    for (index, (dy, to)) in dy.chunks_exact(width).zip(sources(shape)).enumerate() {
        let dx = &mut dx[to * width..][..width];
        if index / 4 % shape.after() < shape.extra {
            add(dx, dy);
        } else {
            dx.copy_from_slice(dy);
        }
    }
}

/// Where each row of `[images, after, 4]` comes from.
fn sources(shape: MergeShape) -> impl Iterator<Item = usize> {
    let MergeShape { images, extra, grid, .. } = shape;
    (0..images).flat_map(move |image| {
        let first = image * shape.before();
        let front = (0..4 * extra).map(move |quarter| first + quarter / 4);
        let cells = (0..grid * grid).map(move |quarter| {
            let (cell, quarter) = (quarter / 4, quarter % 4);
            let (row, column) = (2 * (cell / (grid / 2)), 2 * (cell % (grid / 2)));
            first + extra + (row + quarter % 2) * grid + column + quarter / 2
        });
        front.chain(cells)
    })
}
