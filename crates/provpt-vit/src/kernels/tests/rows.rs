//! Moves of rows.

use std::ops::Range;

use proptest::prelude::*;

use super::{Draw, Operation, cases, check};
use crate::kernels::{InsertShape, Kernels, PatchShape, TokenShape};

/// Pixels to tokens.
struct Embed {
    patches: PatchShape,
    tokens: TokenShape,
}

impl Operation<3, 4> for Embed {
    fn run<K: Kernels>(
        &self,
        k: &K,
        [rows, x, d_embedded]: [&mut K::Buffer; 3],
        [pixels, embedded, position, dx]: [&K::Buffer; 4],
    ) {
        k.patches(rows, pixels, self.patches);
        k.assemble(x, embedded, position, self.tokens);
        k.assemble_grad(d_embedded, dx, self.tokens);
    }
}

/// Rows in, and out again.
struct Insert(InsertShape);

impl Operation<3, 3> for Insert {
    fn run<K: Kernels>(
        &self,
        k: &K,
        [y, dx, d_rows]: [&mut K::Buffer; 3],
        [x, rows, dy]: [&K::Buffer; 3],
    ) {
        k.insert_rows(y, x, rows, self.0);
        k.insert_rows_grad(dx, d_rows, dy, self.0);
    }
}

/// Rows added, and what passes on to them.
struct AddRows(InsertShape);

impl Operation<2, 2> for AddRows {
    fn run<K: Kernels>(
        &self,
        k: &K,
        [x, d_rows]: [&mut K::Buffer; 2],
        [rows, dx]: [&K::Buffer; 2],
    ) {
        k.add_rows(x, rows, self.0);
        k.add_rows_grad(d_rows, dx, self.0);
    }
}

/// Both kinds of pooling, and back.
struct Pool(TokenShape, Range<usize>);

impl Operation<4, 2> for Pool {
    fn run<K: Kernels>(
        &self,
        k: &K,
        [first, mean, d_first, d_mean]: [&mut K::Buffer; 4],
        [x, dy]: [&K::Buffer; 2],
    ) {
        k.first_rows(first, x, self.0);
        k.first_rows_grad(d_first, dy, self.0);
        k.mean_rows(mean, x, self.0, self.1.clone());
        k.mean_rows_grad(d_mean, dy, self.0, self.1.clone());
    }
}

fn tokens() -> impl Strategy<Value = TokenShape> {
    let sizes = (1_usize..4, 2_usize..9, 1_usize..40);
    sizes.prop_map(|(images, tokens, width)| TokenShape { images, tokens, width })
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn embedding_is_right(
        images in 1_usize..4,
        grid in 1_usize..4,
        patch in 1_usize..5,
        frame in 0_usize..7,
        width in 1_usize..40,
        seed: u64,
    ) {
        let (side, mut draw) = (grid * patch, Draw::new(seed));
        let count = ((side + 2 * frame) / patch).pow(2);
        let embed = Embed {
            patches: PatchShape { images, side, frame, patch },
            tokens: TokenShape { images, tokens: 1 + count, width },
        };
        let pixels = images * 3 * side * side;
        let cut = images * count * 3 * patch * patch;
        let (all, rest) = (images * (1 + count) * width, images * count * width);
        let written = [cut, all, rest].map(|len| draw.buffer(len));
        let [pixels, embedded, dx] = [pixels, rest, all].map(|len| draw.buffer(len));
        // The position embedding is a weight: no longer than it need be.
        let position = draw.values((1 + count) * width);
        check(&embed, written, [pixels, embedded, position, dx], 1e-7)?;
    }

    #[test]
    fn insertion_is_right(
        before in tokens(),
        first in 0_usize..=1,
        extra in 0_usize..5,
        per_image: bool,
        seed: u64,
    ) {
        let (TokenShape { images, tokens, width }, mut draw) = (before, Draw::new(seed));
        let rows = if per_image { images * extra * width } else { extra * width };
        let (short, long) = (images * tokens * width, images * (tokens + extra) * width);
        let written = [long, short, rows].map(|len| draw.buffer(len));
        let read = [short, rows, long].map(|len| draw.buffer(len));
        check(&Insert(InsertShape { before, first, extra, per_image }), written, read, 1e-6)?;
    }

    #[test]
    fn addition_is_right(before in tokens(), one: bool, per_image: bool, seed: u64) {
        let (TokenShape { images, tokens, width }, mut draw) = (before, Draw::new(seed));
        let extra = if one { 1 } else { tokens };
        let rows = if per_image { images * extra * width } else { extra * width };
        let written = [images * tokens * width, rows].map(|len| draw.buffer(len));
        let read = [rows, images * tokens * width].map(|len| draw.buffer(len));
        check(&AddRows(InsertShape { before, first: 0, extra, per_image }), written, read, 1e-6)?;
    }

    #[test]
    fn pooling_is_right(shape in tokens(), from in 0_usize..3, to in 0_usize..9, seed: u64) {
        let mut draw = Draw::new(seed);
        let from = from.min(shape.tokens);
        let rows = from..to.clamp(from, shape.tokens);
        let (one, all) = (shape.images * shape.width, shape.images * shape.tokens * shape.width);
        let written = [one, one, all, all].map(|len| draw.buffer(len));
        check(&Pool(shape, rows), written, [draw.buffer(all), draw.buffer(one)], 1e-6)?;
    }
}
