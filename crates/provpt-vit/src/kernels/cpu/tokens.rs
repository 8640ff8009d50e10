//! Moving rows: patches, CLS, inserted tokens, pooling.

use std::ops::Range;

use super::elementwise::add;
use crate::kernels::{InsertShape, PatchShape, TokenShape};

/// Copies `[images, 3, side, side]` into one row per patch, values in (channel, row, column) order.
pub(super) fn patches(rows: &mut [f32], pixels: &[f32], shape: PatchShape) {
    let PatchShape { images, side, frame, patch } = shape;
    let grid = (side + 2 * frame) / patch;
    let values = 3 * patch * patch;
    let rows = rows[..images * grid * grid * values].chunks_exact_mut(values);
    for (index, row) in rows.enumerate() {
        let (image, y, x) = (index / (grid * grid), index / grid % grid, index % grid);
        for (line, target) in row.chunks_exact_mut(patch).enumerate() {
            let (channel, dy) = (line / patch, line % patch);
            let (top, left) = (y * patch + dy, x * patch);
            let row = (image * 3 + channel) * side;
            if frame == 0 {
                let start = (row + top) * side + left;
                target.copy_from_slice(&pixels[start..start + patch]);
                continue;
            }
            // Counted from the frame's edge; the image is in the middle.
            let inside = left.clamp(frame, frame + side)..(left + patch).clamp(frame, frame + side);
            target.fill(0.0);
            if (frame..frame + side).contains(&top) && !inside.is_empty() {
                let start = (row + top - frame) * side + inside.start - frame;
                target[inside.start - left..inside.end - left]
                    .copy_from_slice(&pixels[start..start + inside.len()]);
            }
        }
    }
}

/// Builds the token rows of every image from its patch rows and the position rows.
pub(super) fn assemble(x: &mut [f32], patches: &[f32], position: &[f32], shape: TokenShape) {
    let TokenShape { images, tokens, width } = shape;
    let (start, position) = position.split_at(width);
    let x = x[..images * tokens * width].chunks_exact_mut(tokens * width);
    for (x, patches) in x.zip(patches.chunks_exact((tokens - 1) * width)) {
        let (cls, rest) = x.split_at_mut(width);
        cls.copy_from_slice(start);
        rest.copy_from_slice(patches);
        add(rest, position);
    }
}

/// The gradient of [`assemble`] by the patch rows.
pub(super) fn assemble_grad(d_patches: &mut [f32], dx: &[f32], shape: TokenShape) {
    let TokenShape { images, tokens, width } = shape;
    let dx = dx[..images * tokens * width].chunks_exact(tokens * width);
    for (d_patches, dx) in d_patches.chunks_exact_mut((tokens - 1) * width).zip(dx) {
        d_patches.copy_from_slice(&dx[width..]);
    }
}

/// Inserts rows behind each image's first rows.
pub(super) fn insert(y: &mut [f32], x: &[f32], rows: &[f32], shape: InsertShape) {
    let InsertShape { before: TokenShape { images, tokens, width }, first, extra, per_image } =
        shape;
    for image in 0..images {
        let x = &x[image * tokens * width..][..tokens * width];
        let y = &mut y[image * (tokens + extra) * width..][..(tokens + extra) * width];
        let source = if per_image { image } else { 0 };
        let (front, rest) = y.split_at_mut(first * width);
        let (inserted, rest) = rest.split_at_mut(extra * width);
        front.copy_from_slice(&x[..first * width]);
        inserted.copy_from_slice(&rows[source * extra * width..][..extra * width]);
        rest.copy_from_slice(&x[first * width..]);
    }
}

/// The gradient of [`insert`].
pub(super) fn insert_grad(dx: &mut [f32], d_rows: &mut [f32], dy: &[f32], shape: InsertShape) {
    let InsertShape { before: TokenShape { images, tokens, width }, first, extra, per_image } =
        shape;
    for image in 0..images {
        let dx = &mut dx[image * tokens * width..][..tokens * width];
        let dy = &dy[image * (tokens + extra) * width..][..(tokens + extra) * width];
        let target = if per_image { image } else { 0 };
        dx[..first * width].copy_from_slice(&dy[..first * width]);
        dx[first * width..].copy_from_slice(&dy[(first + extra) * width..]);
        add(
            &mut d_rows[target * extra * width..][..extra * width],
            &dy[first * width..(first + extra) * width],
        );
    }
}

/// Gathers each image's first row.
pub(super) fn first(y: &mut [f32], x: &[f32], shape: TokenShape) {
    let TokenShape { images, tokens, width } = shape;
    for image in 0..images {
        y[image * width..][..width].copy_from_slice(&x[image * tokens * width..][..width]);
    }
}

/// The gradient of [`first`], added.
pub(super) fn first_grad(dx: &mut [f32], dy: &[f32], shape: TokenShape) {
    let TokenShape { images, tokens, width } = shape;
    for image in 0..images {
        add(&mut dx[image * tokens * width..][..width], &dy[image * width..][..width]);
    }
}

/// Adds rows to those of every image; each image's own come one after the other.
pub(super) fn add_to(x: &mut [f32], rows: &[f32], shape: InsertShape) {
    let InsertShape { before: TokenShape { images, tokens, width }, extra, per_image, .. } = shape;
    let x = x[..images * tokens * width].chunks_exact_mut(tokens * width);
    for (image, x) in x.enumerate() {
        let source = if per_image { image } else { 0 };
        let rows = &rows[source * extra * width..][..extra * width];
        x.chunks_exact_mut(extra * width).for_each(|x| add(x, rows));
    }
}

/// The gradient of [`add_to`] by the rows.
pub(super) fn add_to_grad(d_rows: &mut [f32], dx: &[f32], shape: InsertShape) {
    let InsertShape { before: TokenShape { images, tokens, width }, extra, per_image, .. } = shape;
    for (image, dx) in dx[..images * tokens * width].chunks_exact(tokens * width).enumerate() {
        let target = if per_image { image } else { 0 };
        let d_rows = &mut d_rows[target * extra * width..][..extra * width];
        dx.chunks_exact(extra * width).for_each(|dx| add(d_rows, dx));
    }
}

/// Mean over some of each image's rows.
pub(super) fn mean(y: &mut [f32], x: &[f32], shape: TokenShape, rows: Range<usize>) {
    let TokenShape { images, tokens, width } = shape;
    let inverse = 1.0 / rows.len().max(1) as f32;
    for image in 0..images {
        let y = &mut y[image * width..][..width];
        y.fill(0.0);
        let x = &x[image * tokens * width..][rows.start * width..rows.end * width];
        for row in x.chunks_exact(width) {
            add(y, row);
        }
        y.iter_mut().for_each(|y| *y *= inverse);
    }
}

/// The gradient of [`mean`].
pub(super) fn mean_grad(dx: &mut [f32], dy: &[f32], shape: TokenShape, rows: Range<usize>) {
    let TokenShape { images, tokens, width } = shape;
    let inverse = 1.0 / rows.len().max(1) as f32;
    for image in 0..images {
        let dx = &mut dx[image * tokens * width..][..tokens * width];
        dx[..rows.start * width].fill(0.0);
        dx[rows.end * width..].fill(0.0);
        for row in dx[rows.start * width..rows.end * width].chunks_exact_mut(width) {
            for (dx, dy) in row.iter_mut().zip(&dy[image * width..]) {
                *dx = dy * inverse;
            }
        }
    }
}
