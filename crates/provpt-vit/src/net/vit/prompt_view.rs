//! The prompts that a pass sees.

use std::ops::Range;

use super::prepared::{Prepared, Variant};
use super::prompt_rows::PromptRows;
use crate::kernels::{AttentionShape, InsertShape, Kernels, MergeShape, TokenShape};
use crate::prompts::Place;
use crate::{Architecture, Pooling};

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

    /// Those that are tokens.
    pub(super) fn tokens(self) -> &'a PromptRows<K> {
        match self.variant {
            Some(Variant { place: Place::Tokens(_), rows }) => rows,
            _ => &self.all.tokens,
        }
    }

    /// Tokens inserted per image.
    pub(super) fn extra_tokens(self) -> usize {
        self.tokens().rows.len()
    }

    /// Whether there are tokens to insert in front of `block`.
    pub(super) fn inserts_at(self, block: usize) -> bool {
        self.extra_tokens() > 0 && self.all.tokens_at == block
    }

    /// Tokens per image that come to `block`, before any are inserted.
    pub(super) fn tokens_before(self, a: &Architecture, block: usize) -> usize {
        a.block_tokens(block) + if self.all.tokens_at < block { self.extra_tokens() } else { 0 }
    }

    /// Tokens per image in `block`.
    pub(super) fn tokens_in(self, a: &Architecture, block: usize) -> usize {
        a.block_tokens(block) + if self.all.tokens_at <= block { self.extra_tokens() } else { 0 }
    }

    pub(super) fn insert_shape(self, a: &Architecture, images: usize) -> InsertShape {
        let (tokens, width) =
            (a.block_tokens(self.all.tokens_at), a.block_width(self.all.tokens_at));
        InsertShape {
            before: TokenShape { images, tokens, width },
            first: first_tokens(a),
            extra: self.extra_tokens(),
            per_image: self.all.per_image,
        }
    }

    /// The merge in front of a block, the first of a stage.
    pub(super) fn merge_shape(self, a: &Architecture, images: usize, block: usize) -> MergeShape {
        let (before, grid) = (block - 1, a.block_grid(block - 1));
        let extra = self.tokens_in(a, before) - grid * grid;
        MergeShape { images, extra, grid, width: a.block_width(before) }
    }

    /// The last block's tokens, and which of an image's the mean is over.
    pub(super) fn pooled(self, a: &Architecture, images: usize) -> (TokenShape, Range<usize>) {
        let tokens = self.tokens_in(a, a.depth - 1);
        let left_out = if a.pooling == Pooling::Patches { self.extra_tokens() } else { 0 };
        let rows = first_tokens(a) + left_out..tokens;
        (TokenShape { images, tokens, width: a.width }, rows)
    }

    pub(super) fn attention_shape(
        self,
        a: &Architecture,
        images: usize,
        block: usize,
    ) -> AttentionShape {
        let (keys, heads) = (self.tokens_in(a, block), a.block_heads(block));
        let only_cls = a.pooling == Pooling::Cls && block + 1 == a.depth;
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
