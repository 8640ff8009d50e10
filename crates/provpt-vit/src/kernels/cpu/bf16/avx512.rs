//! AVX512-BF16: sums of products of pairs, 16 columns at a time.

use std::arch::x86_64::{
    __cpuid, __m512bh, __m512i, _mm512_dpbf16_ps, _mm512_load_si512, _mm512_set1_epi32,
    _mm512_setzero_ps, _mm512_store_ps,
};

use super::packed::{Line, TILE};
use super::product::Block;

/// Rows whose sums are in registers at a time, for two tiles of columns.
const ROWS: usize = 8;

/// The processor has the instructions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pairs(());

impl Pairs {
    pub(super) fn new() -> Option<Self> {
        let has = is_x86_feature_detected!("avx512bf16") && is_x86_feature_detected!("avx512f");
        has.then_some(Self(()))
    }

    /// Where the instructions are quicker than f32 products: AMD's do a pair each time where f32
    /// does one number. Intel's take twice as long, which leaves nothing.
    pub(super) fn is_quick() -> bool {
        let vendor = __cpuid(0);
        let words = [vendor.ebx, vendor.edx, vendor.ecx].map(u32::to_le_bytes);
        words.as_flattened() == b"AuthenticAMD"
    }

    /// See [`super::amx::Tiles::multiply`].
    #[allow(unsafe_code)]
    pub(super) fn multiply(self, c: &mut Block, tiles: [&[Line]; 2], panel: &[Line]) {
        for (tile, c) in tiles.into_iter().zip(c.0.as_chunks_mut::<TILE>().0) {
            for (first, c) in (0..TILE).step_by(ROWS).zip(c.as_chunks_mut::<ROWS>().0) {
                // SAFETY: that there is a value of this type says that the instructions exist.
                unsafe { rows(c, tile, first, panel) };
            }
        }
    }
}

/// Some rows of a tile times a panel.
#[target_feature(enable = "avx512f,avx512bf16")]
#[allow(unsafe_code)]
fn rows(c: &mut [[f32; 2 * TILE]; ROWS], tile: &[Line], first: usize, panel: &[Line]) {
    let mut sums = [[_mm512_setzero_ps(); 2]; ROWS];
    let steps =
        tile.as_chunks::<TILE>().0.iter().zip(panel.as_chunks::<TILE>().0.as_chunks::<2>().0);
    for (a, [left, right]) in steps {
        for (pair, b) in left.iter().zip(right).enumerate() {
            let (b0, b1) = (load(b.0), load(b.1));
            for (sums, a) in sums.iter_mut().zip(&a[first..]) {
                let (even, odd) = (u32::from(a.0[2 * pair]), u32::from(a.0[2 * pair + 1]));
                let both = both(_mm512_set1_epi32((odd << 16 | even).cast_signed()));
                sums[0] = _mm512_dpbf16_ps(sums[0], both, b0);
                sums[1] = _mm512_dpbf16_ps(sums[1], both, b1);
            }
        }
    }
    for (c, sums) in c.iter_mut().zip(sums) {
        for (c, sum) in c.as_chunks_mut::<TILE>().0.iter_mut().zip(sums) {
            // SAFETY: 16 values, on a boundary of 64 bytes as half a row of a block is.
            unsafe { _mm512_store_ps(c.as_mut_ptr(), sum) };
        }
    }
}

#[target_feature(enable = "avx512f,avx512bf16")]
#[allow(unsafe_code)]
fn load(line: &Line) -> __m512bh {
    // SAFETY: a line is 64 bytes on a boundary of 64.
    both(unsafe { _mm512_load_si512(line.0.as_ptr().cast()) })
}

/// The same bits as 16 pairs.
#[target_feature(enable = "avx512f,avx512bf16")]
#[allow(unsafe_code)]
fn both(bits: __m512i) -> __m512bh {
    // SAFETY: both types are 64 bytes without meaning of their own.
    unsafe { std::mem::transmute(bits) }
}
