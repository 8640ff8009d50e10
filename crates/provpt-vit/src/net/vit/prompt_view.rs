//! The prompts that a pass sees.

use std::ops::Range;

use super::prepared::{Prepared, Variant};
use super::prompt_rows::PromptRows;
use crate::kernels::{AttentionShape, InsertShape, Kernels, MergeShape, TokenShape};
use crate::prompts::Place;
use crate::{Architecture, PromptPool};

/// All prompts, or all but one.
pub(crate) struct PromptView<'a, K: Kernels> {
    all: &'a Prepared<K>,
    variant: Option<&'a Variant<K>>,
}

// By hand, because a derive would ask the same of `K`.
impl<K: Kernels> Clone for PromptView<'_, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K: Kernels> Copy for PromptView<'_, K> {}

impl<'a, K: Kernels> PromptView<'a, K> {
    pub(crate) fn all(all: &'a Prepared<K>) -> Self {
        Self { all, variant: None }
    }

    pub(super) fn with(self, variant: &'a Variant<K>) -> Self {
        Self { variant: Some(variant), ..self }
    }

    pub(super) fn first_block(self) -> Option<usize> {
        self.all.first_block
    }

    /// Those that are keys and values in a block.
    pub(super) fn keys(self, block: usize) -> &'a PromptRows<K> {
        match self.variant {
            Some(Variant { place: Place::Keys(at), rows }) if *at == block => rows,
            _ => &self.all.keys[block],
        }
    }

    /// Those that become tokens in front of a block, or are added to those.
    pub(super) fn front(self, block: usize) -> &'a PromptRows<K> {
        match self.variant {
            Some(Variant { place: Place::Front(at), rows }) if *at == block => rows,
            _ => &self.all.front[block],
        }
    }

    /// Tokens inserted per image in front of these blocks.
    fn inserted(self, blocks: Range<usize>) -> usize {
        let rows = |block| self.front(block).rows.len();
        if self.all.adds { 0 } else { blocks.map(rows).sum() }
    }

    /// Tokens inserted per image, in all.
    pub(super) fn extra_tokens(self) -> usize {
        self.inserted(0..self.all.front.len())
    }

    /// Tokens lost per image in front of these blocks.
    fn lost(self, blocks: Range<usize>) -> usize {
        self.all.lost.filter(|(block, _)| blocks.contains(block)).map_or(0, |(_, lost)| lost)
    }

    /// Whether tokens of `block` are not those of the block before: some are lost, or inserted.
    pub(super) fn changes_at(self, block: usize) -> bool {
        self.loses_at(block) || self.inserts_at(block)
    }

    /// Whether tokens are lost in front of `block`.
    pub(super) fn loses_at(self, block: usize) -> bool {
        self.lost(block..block + 1) > 0
    }

    /// Whether there are tokens to insert in front of `block`.
    pub(super) fn inserts_at(self, block: usize) -> bool {
        self.inserted(block..block + 1) > 0
    }

    /// Whether there is something to add to the tokens in front of `block`.
    pub(super) fn adds_at(self, block: usize) -> bool {
        self.all.adds && !self.front(block).rows.is_empty()
    }

    /// Tokens per image that come to `block`, before any are inserted.
    pub(super) fn tokens_before(self, a: &Architecture, block: usize) -> usize {
        a.block_tokens(block) + self.inserted(0..block) - self.lost(0..block)
    }

    /// Tokens per image in `block`.
    pub(super) fn tokens_in(self, a: &Architecture, block: usize) -> usize {
        a.block_tokens(block) + self.inserted(0..block + 1) - self.lost(0..block + 1)
    }

    /// Values that `block` takes in.
    pub(super) fn input_len(self, a: &Architecture, images: usize, block: usize) -> usize {
        images * self.tokens_in(a, block) * a.block_width(block)
    }

    /// Of what is inserted or added in front of `block`.
    pub(super) fn front_shape(self, a: &Architecture, images: usize, block: usize) -> InsertShape {
        InsertShape {
            extra: self.front(block).rows.len(),
            per_image: self.all.per_image,
            ..self.lost_shape(a, images, block)
        }
    }

    /// Of what is lost in front of `block`, as if it were inserted.
    pub(super) fn lost_shape(self, a: &Architecture, images: usize, block: usize) -> InsertShape {
        let lost = self.lost(block..block + 1);
        let tokens = self.tokens_before(a, block) - lost;
        InsertShape {
            before: TokenShape { images, tokens, width: a.block_width(block) },
            first: first_tokens(a),
            extra: lost,
            per_image: false,
        }
    }

    /// The merge in front of a block, the first of a stage.
    pub(super) fn merge_shape(self, a: &Architecture, images: usize, block: usize) -> MergeShape {
        let (before, grid) = (block - 1, a.block_grid(block - 1));
        let extra = self.tokens_in(a, before) - grid * grid;
        MergeShape { images, extra, grid, width: a.block_width(before) }
    }

    /// The last block's output, and the rows of it whose mean features are, if they are a mean.
    pub(super) fn pooled(self, a: &Architecture, images: usize) -> (TokenShape, Range<usize>) {
        let (first, extra) = (first_tokens(a), self.extra_tokens());
        let tokens = self.tokens_in(a, a.depth - 1);
        let rows = match a.prompt_pool {
            PromptPool::Original | PromptPool::ImageAndPrompts => first..tokens,
            PromptPool::Image => first + extra..tokens,
            PromptPool::Prompts => first..first + extra,
        };
        (TokenShape { images, tokens, width: a.width }, rows)
    }

    pub(super) fn attention_shape(
        self,
        a: &Architecture,
        images: usize,
        block: usize,
    ) -> AttentionShape {
        let (keys, heads) = (self.tokens_in(a, block), a.block_heads(block));
        let only_cls = !a.reads_mean() && block + 1 == a.depth;
        AttentionShape {
            images,
            queries: if only_cls { 1 } else { keys },
            keys,
            prompts: self.keys(block).rows.len(),
            prompts_per_image: self.all.per_image,
            heads,
            head_width: a.block_width(block) / heads,
        }
    }
}

/// Rows of an image in front of inserted ones: CLS, which networks in stages have not got.
pub(super) fn first_tokens(a: &Architecture) -> usize {
    usize::from(a.stages.is_none())
}
