//! The prompts that a pass sees.

use super::prepared::{Prepared, Variant};
use super::prompt_rows::PromptRows;
use crate::kernels::{AttentionShape, InsertShape, Kernels, TokenShape};
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
        a.tokens() + if self.all.tokens_at < block { self.extra_tokens() } else { 0 }
    }

    pub(super) fn insert_shape(self, a: &Architecture, images: usize) -> InsertShape {
        InsertShape {
            before: TokenShape { images, tokens: a.tokens(), width: a.width },
            extra: self.extra_tokens(),
            per_image: self.all.per_image,
        }
    }

    pub(super) fn attention_shape(
        self,
        a: &Architecture,
        images: usize,
        block: usize,
    ) -> AttentionShape {
        let keys = self.tokens_before(a, block + 1);
        let only_cls = a.pooling == Pooling::Cls && block + 1 == a.depth;
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
