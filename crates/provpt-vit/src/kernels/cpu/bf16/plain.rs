//! The same sums on any machine, by what it has for f32. A product of two rounded numbers is exact in f32, so
//! that it does not matter whether it is added in one instruction or in two.

use pulp::{Simd, WithSimd};

use super::packed::{Line, SIDE, TILE};
use super::product::Block;
use super::round::widen;
use crate::kernels::cpu::arch;

/// Rows whose sums are in registers at a time, for two vectors of columns.
const ROWS: usize = 4;

/// See [`super::amx::Tiles::multiply`].
pub(super) fn multiply(c: &mut Block, tiles: [&[Line]; 2], panel: &[Line]) {
    arch().dispatch(Multiply { c, tiles, panel });
}

struct Multiply<'a> {
    c: &'a mut Block,
    tiles: [&'a [Line]; 2],
    panel: &'a [Line],
}

impl WithSimd for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { c, tiles: [upper, lower], panel } = self;
        let (mut a, mut b) = ([[0.0; SIDE]; TILE], [[0.0; SIDE]; SIDE]);
        *c = Block::ZERO;
        let [upper, lower] = [upper, lower].map(|tile| tile.as_chunks::<TILE>().0);
        let panel = panel.as_chunks::<{ 2 * TILE }>().0;
        for ((upper, lower), panel) in upper.iter().zip(lower).zip(panel) {
            widen_right(&mut b, panel);
            for (tile, c) in [upper, lower].into_iter().zip(c.0.as_chunks_mut::<TILE>().0) {
                widen_left(&mut a, tile);
                for (c, a) in c.as_chunks_mut::<ROWS>().0.iter_mut().zip(a.as_chunks::<ROWS>().0) {
                    add(simd, c, a, &b);
                }
            }
        }
    }
}

/// `c += a b` for some rows, sums in the order of the inner dimension.
#[inline(always)]
fn add<S: Simd>(
    simd: S,
    c: &mut [[f32; SIDE]; ROWS],
    a: &[[f32; SIDE]; ROWS],
    b: &[[f32; SIDE]; SIDE],
) {
    for first in (0..SIDE / S::F32_LANES).step_by(2) {
        let mut sums = [[simd.splat_f32s(0.0); 2]; ROWS];
        for (sums, c) in sums.iter_mut().zip(&*c) {
            *sums = two(S::as_simd_f32s(c).0, first);
        }
        for (inner, b) in b.iter().enumerate() {
            let [left, right] = two(S::as_simd_f32s(b).0, first);
            for (sums, a) in sums.iter_mut().zip(a) {
                let a = simd.splat_f32s(a[inner]);
                sums[0] = simd.mul_add_e_f32s(a, left, sums[0]);
                sums[1] = simd.mul_add_e_f32s(a, right, sums[1]);
            }
        }
        for (sums, c) in sums.iter().zip(&mut *c) {
            S::as_mut_simd_f32s(c).0[first..first + 2].copy_from_slice(sums);
        }
    }
}

#[inline(always)]
fn two<T: Copy>(vectors: &[T], first: usize) -> [T; 2] {
    [vectors[first], vectors[first + 1]]
}

/// The rows of a tile.
#[inline(always)]
fn widen_left(rows: &mut [[f32; SIDE]; TILE], tile: &[Line; TILE]) {
    for (row, line) in rows.iter_mut().zip(tile) {
        for (to, from) in row.iter_mut().zip(line.0) {
            *to = widen(from);
        }
    }
}

/// The rows of 32 columns, which lines hold in pairs.
#[inline(always)]
fn widen_right(rows: &mut [[f32; SIDE]; SIDE], panel: &[Line; 2 * TILE]) {
    for (half, lines) in panel.as_chunks::<TILE>().0.iter().enumerate() {
        for (rows, line) in rows.as_chunks_mut::<2>().0.iter_mut().zip(lines) {
            let [even, odd] = rows.each_mut().map(|row| &mut row[half * TILE..][..TILE]);
            let words: [u32; TILE] = bytemuck::cast(line.0);
            for ((even, odd), word) in even.iter_mut().zip(odd).zip(words) {
                let word = u32::from_le(word);
                *even = f32::from_bits(word << 16);
                *odd = f32::from_bits(word & 0xffff_0000);
            }
        }
    }
}
