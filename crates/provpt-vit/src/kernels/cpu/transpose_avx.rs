//! Tiles of 8 x 8 in AVX registers, at twice the speed of what compilers make of plain code.

use std::arch::x86_64::__m256;
use std::array::from_fn;

use pulp::x86::V3;

use super::transpose::Turn;

/// Turns all whole tiles over.
pub(super) struct Eights<'a, 'b> {
    pub(super) simd: V3,
    pub(super) turn: &'a mut Turn<'b>,
}

impl Eights<'_, '_> {
    pub(super) const SIDE: usize = 8;
}

impl pulp::NullaryFnOnce for Eights<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { simd, turn } = self;
        let stride = turn.out_stride;
        for row in (0..turn.rows / 8 * 8).step_by(8) {
            let line = |i| turn.x[(row + i) * turn.x_stride..][..turn.cols].as_chunks::<8>().0;
            let mut lines: [_; 8] = from_fn(|i| line(i).iter());
            for out in turn.out[row..].chunks_mut(8 * stride).take(turn.cols / 8) {
                let tile = from_fn(|i| lines[i].next().copied().unwrap_or_default());
                let columns = tile_turned(simd, tile);
                let out = &mut out[..7 * stride + 8];
                for (j, column) in columns.iter().enumerate() {
                    out[j * stride..][..8].copy_from_slice(column);
                }
            }
        }
    }
}

/// In three rounds: pairs of values, pairs of pairs, halves of registers.
#[inline(always)]
fn tile_turned(simd: V3, rows: [[f32; 8]; 8]) -> [[f32; 8]; 8] {
    let avx = simd.avx;
    let r: [__m256; 8] = rows.map(pulp::cast);
    let pairs: [__m256; 8] = from_fn(|i| match (i / 2 * 2, i % 2) {
        (first, 0) => avx._mm256_unpacklo_ps(r[first], r[first + 1]),
        (first, _) => avx._mm256_unpackhi_ps(r[first], r[first + 1]),
    });
    // Column j of the upper (i < 4) and lower four rows, in the halves of one register.
    let fours: [__m256; 8] = from_fn(|i| match (i / 4 * 4 + i % 4 / 2, i % 2) {
        (first, 0) => avx._mm256_shuffle_ps::<0b01_00_01_00>(pairs[first], pairs[first + 2]),
        (first, _) => avx._mm256_shuffle_ps::<0b11_10_11_10>(pairs[first], pairs[first + 2]),
    });
    let columns: [__m256; 8] = from_fn(|i| match i {
        0..4 => avx._mm256_permute2f128_ps::<0x20>(fours[i], fours[i + 4]),
        _ => avx._mm256_permute2f128_ps::<0x31>(fours[i - 4], fours[i]),
    });
    columns.map(pulp::cast)
}
