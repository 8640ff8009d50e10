//! The same sums on any machine.

use super::packed::{Line, SIDE, TILE};
use super::product::Block;
use super::round::widen;
use crate::kernels::cpu::vectorized::vectorized;

vectorized! {
    /// See [`super::amx::Tiles::multiply`].
    fn multiply<'a>(c: &'a mut Block, tiles: [&'a [Line]; 2], panel: &'a [Line]) {
        for (tile, c) in tiles.into_iter().zip(c.0.as_chunks_mut::<TILE>().0) {
            c.fill([0.0; SIDE]);
            let steps = tile.as_chunks::<TILE>().0.iter();
            for (a, b) in steps.zip(panel.as_chunks::<{ 2 * TILE }>().0) {
                for pair in 0..TILE {
                    let columns = columns(&b[pair], &b[TILE + pair]);
                    for (sums, a) in c.iter_mut().zip(a) {
                        for (columns, a) in columns.iter().zip([a.0[2 * pair], a.0[2 * pair + 1]]) {
                            let a = widen(a);
                            sums.iter_mut().zip(columns).for_each(|(sum, b)| *sum += a * b);
                        }
                    }
                }
            }
        }
    }
}

/// Both rows of 32 columns that two lines hold in pairs.
#[inline(always)]
fn columns(left: &Line, right: &Line) -> [[f32; SIDE]; 2] {
    let mut rows = [[0.0; SIDE]; 2];
    let pairs = left.0.as_chunks::<2>().0.iter().chain(right.0.as_chunks::<2>().0);
    for (column, [even, odd]) in pairs.enumerate() {
        rows[0][column] = widen(*even);
        rows[1][column] = widen(*odd);
    }
    rows
}
