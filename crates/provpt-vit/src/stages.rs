//! The stages of a hierarchical transformer.

/// Stages that a network has at most.
const MOST: usize = 4;

/// The stages of a Swin transformer (Liu et al., ICCV 2021): blocks of one width on one grid, with
/// attention inside windows. From one stage to the next, four tokens become one of twice the width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stages {
    blocks: [usize; MOST],
    heads: [usize; MOST],
    count: usize,
    window: usize,
}

impl Stages {
    /// Stages of these numbers of blocks and heads, one of each per stage, four at most, and windows
    /// of `window` x `window` tokens.
    pub const fn new<const N: usize>(blocks: [usize; N], heads: [usize; N], window: usize) -> Self {
        const { assert!(N > 0 && N <= MOST) };
        let mut all = Self { blocks: [0; MOST], heads: [0; MOST], count: N, window };
        let mut stage = 0;
        while stage < N {
            all.blocks[stage] = blocks[stage];
            all.heads[stage] = heads[stage];
            stage += 1;
        }
        all
    }

    /// As [`new`](Self::new), for numbers that are known late; none if there are no stages, too many,
    /// or not as many heads.
    pub(crate) fn of(blocks: &[usize], heads: &[usize], window: usize) -> Option<Self> {
        let count = blocks.len();
        let fits = (1..=MOST).contains(&count) && heads.len() == count;
        let mut all = Self { blocks: [0; MOST], heads: [0; MOST], count, window };
        fits.then(|| {
            all.blocks[..count].copy_from_slice(blocks);
            all.heads[..count].copy_from_slice(heads);
            all
        })
    }

    /// Blocks of each stage.
    pub fn blocks(&self) -> &[usize] {
        &self.blocks[..self.count]
    }

    /// Attention heads of each stage.
    pub fn heads(&self) -> &[usize] {
        &self.heads[..self.count]
    }

    /// Side of a window, in tokens, where the grid is not smaller.
    pub const fn window(&self) -> usize {
        self.window
    }

    /// The stage of a block, and which of the stage's blocks it is. Blocks are counted from 0 over
    /// all stages.
    pub fn place(&self, block: usize) -> (usize, usize) {
        let mut rest = block;
        for (stage, &blocks) in self.blocks().iter().enumerate() {
            if rest < blocks {
                return (stage, rest);
            }
            rest -= blocks;
        }
        (self.count - 1, self.blocks[self.count - 1] + rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Architecture;

    #[test]
    fn every_stage_has_sizes_of_its_own() {
        let a = Architecture::swin(224, 96, [2, 2, 6, 2], [3, 6, 12, 24], 7);
        let sizes = |block| {
            [
                a.block_width(block),
                a.block_heads(block),
                a.block_mlp_width(block),
                a.block_grid(block),
            ]
        };
        assert_eq!(sizes(1), [96, 3, 384, 56]);
        assert_eq!(sizes(2), [192, 6, 768, 28]);
        assert_eq!(sizes(11), [768, 24, 3072, 7]);
        assert_eq!((a.block_tokens(4), a.block_values(4)), (196, 196 * 384));
        assert_eq!(a.mean_tokens(), 311);
        let plain = Architecture::plain(32, 8, 32, 4, 4);
        assert_eq!((plain.block_tokens(3), plain.block_width(3)), (17, 32));
        assert_eq!(plain.mean_tokens(), 17);
    }

    #[test]
    fn blocks_are_counted_over_all_stages() {
        let stages = Stages::new([2, 2, 6, 2], [3, 6, 12, 24], 7);
        assert_eq!(stages.place(0), (0, 0));
        assert_eq!(stages.place(3), (1, 1));
        assert_eq!(stages.place(9), (2, 5));
        assert_eq!(stages.place(11), (3, 1));
        assert_eq!(Stages::new([1, 2], [2, 2], 4).blocks(), [1, 2]);
    }
}
