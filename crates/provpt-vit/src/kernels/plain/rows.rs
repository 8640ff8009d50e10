//! Moves of rows, one value at a time.

use std::ops::Range;

use super::{Cells, Plain};
use crate::kernels::{InsertShape, MergeShape, PatchShape, Rows, TokenShape};

/// Every place `(image, token, column)` of some tokens.
fn places(shape: TokenShape) -> impl Iterator<Item = (usize, usize, usize)> {
    let TokenShape { images, tokens, width } = shape;
    let rows = (0..images).flat_map(move |image| (0..tokens).map(move |token| (image, token)));
    rows.flat_map(move |(image, token)| (0..width).map(move |i| (image, token, i)))
}

/// Where a value stands.
fn at(shape: TokenShape, (image, token, i): (usize, usize, usize)) -> usize {
    (image * shape.tokens + token) * shape.width + i
}

/// Where a token goes by an insertion.
fn moved(shape: InsertShape, (image, token, i): (usize, usize, usize)) -> usize {
    let after = TokenShape { tokens: shape.before.tokens + shape.extra, ..shape.before };
    at(after, (image, if token < shape.first { token } else { token + shape.extra }, i))
}

/// The inserted rows: of every one of their values, where it stands in `rows` and in the result.
fn inserted(shape: InsertShape) -> impl Iterator<Item = (usize, usize)> {
    let rows = TokenShape { tokens: shape.extra, ..shape.before };
    let after = TokenShape { tokens: shape.before.tokens + shape.extra, ..shape.before };
    places(rows).map(move |(image, row, i)| {
        let group = if shape.per_image { image } else { 0 };
        (at(rows, (group, row, i)), at(after, (image, shape.first + row, i)))
    })
}

/// Of every value behind a merge, where it comes from and where it stands.
fn merged(shape: MergeShape) -> impl Iterator<Item = (usize, usize)> {
    let MergeShape { images, extra, grid, width } = shape;
    let before = TokenShape { images, tokens: shape.before(), width };
    let after = TokenShape { images, tokens: shape.after(), width: 4 * width };
    places(after).map(move |(image, token, i)| {
        let (down, right) = ([0, 1, 0, 1][i / width], [0, 0, 1, 1][i / width]);
        let from = token.checked_sub(extra).map_or(token, |cell| {
            let (row, column) = (cell / (grid / 2), cell % (grid / 2));
            extra + (2 * row + down) * grid + 2 * column + right
        });
        (at(before, (image, from, i % width)), at(after, (image, token, i)))
    })
}

/// Which value of the rows is added to a token's.
fn added(shape: InsertShape, (image, token, i): (usize, usize, usize)) -> usize {
    let group = if shape.per_image { image } else { 0 };
    (group * shape.extra + token % shape.extra) * shape.before.width + i
}

impl Rows for Plain {
    fn patches(&self, rows: &mut Cells, pixels: &Cells, shape: PatchShape) {
        let PatchShape { images, side, frame, patch } = shape;
        let steps = (side + 2 * frame) / patch;
        let mut next = 0;
        for image in 0..images {
            for top in (0..steps).map(|step| step * patch) {
                for left in (0..steps).map(|step| step * patch) {
                    for channel in 0..3 {
                        for y in top..top + patch {
                            for x in left..left + patch {
                                let inside = frame..frame + side;
                                let found = inside.contains(&y) && inside.contains(&x);
                                rows[next] = if found {
                                    let line = (image * 3 + channel) * side + y - frame;
                                    pixels[line * side + x - frame]
                                } else {
                                    0.0
                                };
                                next += 1;
                            }
                        }
                    }
                }
            }
        }
    }

    fn assemble(&self, x: &mut Cells, patches: &Cells, position: &Cells, shape: TokenShape) {
        for (image, token, i) in places(shape) {
            let patch = |token: usize| (image * (shape.tokens - 1) + token - 1) * shape.width + i;
            let content = if token == 0 { 0.0 } else { patches[patch(token)] };
            x[at(shape, (image, token, i))] = content + position[token * shape.width + i];
        }
    }

    fn assemble_grad(&self, d_patches: &mut Cells, dx: &Cells, shape: TokenShape) {
        let patches = TokenShape { tokens: shape.tokens - 1, ..shape };
        for (image, patch, i) in places(patches) {
            d_patches[at(patches, (image, patch, i))] = dx[at(shape, (image, patch + 1, i))];
        }
    }

    fn insert_rows(&self, y: &mut Cells, x: &Cells, rows: &Cells, shape: InsertShape) {
        for place in places(shape.before) {
            y[moved(shape, place)] = x[at(shape.before, place)];
        }
        for (from, to) in inserted(shape) {
            y[to] = rows[from];
        }
    }

    fn insert_rows_grad(&self, dx: &mut Cells, d_rows: &mut Cells, dy: &Cells, shape: InsertShape) {
        for place in places(shape.before) {
            dx[at(shape.before, place)] = dy[moved(shape, place)];
        }
        for (to, from) in inserted(shape) {
            d_rows[to] += dy[from];
        }
    }

    fn first_rows(&self, y: &mut Cells, x: &Cells, shape: TokenShape) {
        for (image, _, i) in places(TokenShape { tokens: 1, ..shape }) {
            y[image * shape.width + i] = x[at(shape, (image, 0, i))];
        }
    }

    fn first_rows_grad(&self, dx: &mut Cells, dy: &Cells, shape: TokenShape) {
        for (image, _, i) in places(TokenShape { tokens: 1, ..shape }) {
            dx[at(shape, (image, 0, i))] += dy[image * shape.width + i];
        }
    }

    fn add_rows(&self, x: &mut Cells, rows: &Cells, shape: InsertShape) {
        for place in places(shape.before) {
            x[at(shape.before, place)] += rows[added(shape, place)];
        }
    }

    fn add_rows_grad(&self, d_rows: &mut Cells, dx: &Cells, shape: InsertShape) {
        for place in places(shape.before) {
            d_rows[added(shape, place)] += dx[at(shape.before, place)];
        }
    }

    fn mean_rows(&self, y: &mut Cells, x: &Cells, shape: TokenShape, rows: Range<usize>) {
        for (image, _, i) in places(TokenShape { tokens: 1, ..shape }) {
            let values = rows.clone().map(|token| x[at(shape, (image, token, i))]);
            y[image * shape.width + i] = values.sum::<f64>() / rows.len().max(1) as f64;
        }
    }

    fn mean_rows_grad(&self, dx: &mut Cells, dy: &Cells, shape: TokenShape, rows: Range<usize>) {
        for (image, token, i) in places(shape) {
            let share = dy[image * shape.width + i] / rows.len().max(1) as f64;
            dx[at(shape, (image, token, i))] = if rows.contains(&token) { share } else { 0.0 };
        }
    }

    fn merge(&self, y: &mut Cells, x: &Cells, shape: MergeShape) {
        for (from, to) in merged(shape) {
            y[to] = x[from];
        }
    }

    fn merge_grad(&self, dx: &mut Cells, dy: &Cells, shape: MergeShape) {
        (0..shape.images * shape.before() * shape.width).for_each(|i| dx[i] = 0.0);
        for (to, from) in merged(shape) {
            dx[to] += dy[from];
        }
    }
}
