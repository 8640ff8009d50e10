//! The prompts that a pass sees.

use std::ops::Range;

use super::prepared::{Prepared, Variant};
use super::prompt_rows::PromptRows;
use crate::kernels::{AttentionShape, InsertShape, Kernels, TokenShape};
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
        a.tokens() + self.inserted(0..block)
    }

    /// Of what is inserted or added in front of `block`.
    pub(super) fn front_shape(self, a: &Architecture, images: usize, block: usize) -> InsertShape {
        let tokens = self.tokens_before(a, block);
        InsertShape {
            before: TokenShape { images, tokens, width: a.width },
            extra: self.front(block).rows.len(),
            per_image: self.all.per_image,
        }
    }

    /// The last block's output, and the rows of it whose mean features are, if they are a mean.
    pub(super) fn pooled(self, a: &Architecture, images: usize) -> (TokenShape, Range<usize>) {
        let extra = self.extra_tokens();
        let tokens = a.tokens() + extra;
        let rows = match a.prompt_pool {
            PromptPool::Original | PromptPool::ImageAndPrompts => 1..tokens,
            PromptPool::Image => 1 + extra..tokens,
            PromptPool::Prompts => 1..1 + extra,
        };
        (TokenShape { images, tokens, width: a.width }, rows)
    }

    pub(super) fn attention_shape(
        self,
        a: &Architecture,
        images: usize,
        block: usize,
    ) -> AttentionShape {
        let keys = self.tokens_before(a, block + 1);
        let only_cls = !a.reads_mean() && block + 1 == a.depth;
        AttentionShape {
            images,
            queries: if only_cls { 1 } else { keys },
            keys,
            prompts: self.keys(block).rows.len(),
            prompts_per_image: self.all.per_image,
            heads: a.heads,
            head_width: a.head_width(),
        }
    }
}
