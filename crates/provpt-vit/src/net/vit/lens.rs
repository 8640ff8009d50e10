//! How much memory a block's values need: in stages every block has sizes of its own.

use super::Sizes;
use super::workspace::{MergeSlot, Zeros};
use crate::Architecture;
use crate::error::Error;
use crate::kernels::Kernels;

/// Numbers of values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lens {
    /// Tokens of all images.
    pub(super) rows: usize,
    /// `[rows, d]`.
    pub(super) wide: usize,
    /// `[rows, mlp]`.
    pub(super) hidden: usize,
    /// One per query and head, of inserted tokens in each window.
    pub(super) log_sum: usize,
}

impl Lens {
    /// Those of a block.
    fn of(a: &Architecture, sizes: &Sizes, block: usize) -> Self {
        let (extra, tokens) = (sizes.extra, a.block_tokens(block));
        let windows = (a.block_grid(block) / a.block_window(block)).pow(2);
        let rows = sizes.images * (tokens + extra);
        Self {
            rows,
            wide: rows * a.block_width(block),
            hidden: rows * a.block_mlp_width(block),
            log_sum: sizes.images * a.block_heads(block) * (tokens + windows * extra),
        }
    }

    fn max(self, other: Self) -> Self {
        Self {
            rows: self.rows.max(other.rows),
            wide: self.wide.max(other.wide),
            hidden: self.hidden.max(other.hidden),
            log_sum: self.log_sum.max(other.log_sum),
        }
    }

    /// Enough for any block, and for what becomes of its rows when they are merged.
    pub(super) fn most(a: &Architecture, sizes: &Sizes) -> Self {
        let blocks = (0..a.depth).map(|block| Self::of(a, sizes, block));
        let merged = merged_lens(a, sizes).map(|[_, wide]| Self { wide, ..Self::default() });
        blocks.chain(merged).fold(Self::default(), Self::max)
    }

    /// Of two slots that blocks take in turn, then of one for each of the last blocks that has its
    /// own.
    pub(super) fn slots(a: &Architecture, sizes: &Sizes) -> Vec<Self> {
        let own = (a.depth - sizes.own..a.depth).map(|block| Self::of(a, sizes, block));
        [Self::most(a, sizes); 2].into_iter().chain(own).collect()
    }

    /// Of the blocks of which the input alone is kept.
    pub(super) fn inputs(a: &Architecture, sizes: &Sizes) -> impl Iterator<Item = Self> {
        sizes.again(a.depth).map(move |block| Self::of(a, sizes, block))
    }
}

/// Behind each stage but the last, merged rows, and values of those that are merged side by side.
fn merged_lens(a: &Architecture, sizes: &Sizes) -> impl Iterator<Item = [usize; 2]> {
    let stages = a.stages.as_ref().map_or(&[][..], |stages| stages.blocks());
    let behind = (1..stages.len()).map(move |stage| stages[..stage].iter().sum::<usize>());
    behind.map(|block| {
        let rows = sizes.images * (a.block_tokens(block) + sizes.extra);
        [rows, rows * 2 * a.block_width(block)]
    })
}

/// Memory of all merges.
pub(super) fn merges<K: Kernels>(
    zeros: Zeros<'_, K>,
    a: &Architecture,
    sizes: &Sizes,
) -> Result<Vec<MergeSlot<K>>, Error> {
    let slot =
        |[rows, wide]: [usize; 2]| Ok(MergeSlot { x: zeros(wide)?, stats: zeros(2 * rows)? });
    merged_lens(a, sizes).map(slot).collect()
}
