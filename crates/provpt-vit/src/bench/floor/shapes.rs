//! The sizes of a network's matrix products.

use crate::Architecture;

/// What a block multiplies, per image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlockShape {
    width: usize,
    mlp_width: usize,
    tokens: usize,
    /// Tokens that go on behind the attention.
    queries: usize,
    pub(super) heads: usize,
    /// Attention stays within so many windows.
    windows: usize,
    prompts: usize,
    /// Nothing in front of its tokens learns.
    pub(super) is_first: bool,
    /// Behind it four tokens become one of twice the width.
    is_merged: bool,
}

impl BlockShape {
    /// Those of all blocks, with `prompts` prompts each.
    pub(super) fn all(a: &Architecture, prompts: usize) -> Vec<Self> {
        let shape = |block: usize| {
            let (width, tokens) = (a.block_width(block), a.block_tokens(block));
            let ends = block + 1 == a.depth;
            let windows = match a.stages {
                Some(_) => tokens / a.block_window(block).pow(2),
                None => 1,
            };
            Self {
                width,
                mlp_width: a.block_mlp_width(block),
                tokens,
                queries: if ends && !a.reads_mean() { 1 } else { tokens },
                heads: a.block_heads(block),
                windows,
                prompts,
                is_first: block == 0,
                is_merged: !ends && a.block_width(block + 1) != width,
            }
        };
        (0..a.depth).map(shape).collect()
    }

    /// Rows, inputs and outputs of the products with weights: queries, keys with values, projection,
    /// both of the MLP, and that of a merge, if there is one behind it.
    pub(super) fn maps(&self) -> Vec<(usize, usize, usize)> {
        let Self { width: d, mlp_width: m, tokens, queries, .. } = *self;
        let own = [
            (queries, d, d),
            (tokens, d, 2 * d),
            (queries, d, d),
            (queries, d, m),
            (queries, m, d),
        ];
        let merge = self.is_merged.then_some((tokens / 4, 4 * d, 2 * d));
        own.into_iter().chain(merge).collect()
    }

    /// How often an image multiplies in attention.
    pub(super) fn attentions(&self) -> usize {
        self.windows * self.heads
    }

    /// Of one of these: queries, columns, and width of a head.
    pub(super) fn attention(&self) -> [usize; 3] {
        let [queries, tokens] = [self.queries, self.tokens].map(|all| all.div_ceil(self.windows));
        [queries, tokens + self.prompts, self.width / self.heads]
    }

    /// Columns that pass a gradient on: where nothing in front learns, the prompts alone.
    pub(super) fn learning(&self) -> usize {
        if self.is_first { self.prompts } else { self.attention()[1] }
    }

    /// Values of its matrices.
    pub(super) fn weights(&self) -> usize {
        self.maps().iter().map(|(_, inputs, outputs)| inputs * outputs).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_blocks_are_alike_but_for_the_last() {
        let shapes = BlockShape::all(&Architecture::plain(32, 8, 32, 3, 4), 5);
        assert_eq!(shapes[0].attention(), [17, 22, 8]);
        assert_eq!([shapes[0].learning(), shapes[1].learning()], [5, 22]);
        assert_eq!(shapes[2].attention(), [1, 22, 8]);
        let expected = [(1, 32, 32), (17, 32, 64), (1, 32, 32), (1, 32, 128), (1, 128, 32)];
        assert_eq!(shapes[2].maps(), expected);
        assert_eq!(shapes[1].weights(), 12 * 32 * 32);
    }

    #[test]
    fn blocks_in_stages_have_windows_and_merges() {
        let shapes = BlockShape::all(&Architecture::swin(64, 8, [1, 2], [1, 2], 4), 3);
        assert_eq!((shapes[0].attentions(), shapes[0].attention()), (16, [16, 19, 8]));
        assert_eq!(shapes[0].maps().last(), Some(&(64, 32, 16)));
        assert_eq!((shapes[2].attentions(), shapes[2].attention()), (8, [16, 19, 8]));
        assert_eq!(shapes[2].maps().len(), 5);
    }
}
