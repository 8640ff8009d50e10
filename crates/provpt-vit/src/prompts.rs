//! Prompts as callers hand them to the engine.

use std::collections::BTreeMap;

use crate::{Architecture, Pooling};

/// Where prompts take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Each prompt is a key and a value in its own block (VPT-Deep, PRO-VPT). Under mean pooling,
    /// those of the last block are full tokens there, because the mean includes their outputs.
    Deep,
    /// All prompts enter as tokens before block 0 and stay (VPT-Shallow).
    Shallow,
}

/// A borrowed prompt bank.
#[derive(Clone, Copy, Debug)]
pub struct Prompts<'a> {
    /// `[K, d]`.
    pub values: &'a [f32],
    /// `[K]`: the block of each prompt, counted from 0; not read under [`Placement::Shallow`].
    pub block_of: &'a [usize],
    /// How they enter the network.
    pub placement: Placement,
}

impl Prompts<'_> {
    /// No prompts at all: the bare backbone.
    pub const NONE: Prompts<'static> =
        Prompts { values: &[], block_of: &[], placement: Placement::Deep };

    /// Number of prompts, K.
    pub fn len(&self) -> usize {
        self.block_of.len()
    }

    /// The first block that prompts take part in: what is in front of it never changes.
    pub fn first_block(&self) -> Option<usize> {
        match self.placement {
            Placement::Shallow => (!self.is_empty()).then_some(0),
            Placement::Deep => self.block_of.iter().copied().min(),
        }
    }

    /// The values `[d]` of one of them.
    pub(crate) fn row(&self, row: usize) -> &[f32] {
        let width = self.values.len() / self.len();
        &self.values[row * width..(row + 1) * width]
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.block_of.is_empty()
    }
}

/// Prompt dropout: multipliers on prompt elements, a fresh set per image.
pub trait PromptMask: Sync {
    /// Writes the `[d]` multipliers of one prompt for one image of the batch (counted from 0).
    fn fill(&self, image: usize, prompt: usize, multipliers: &mut [f32]);
}

/// Where rows of the bank enter the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// As keys and values in this block.
    Keys(usize),
    /// As tokens in front of this block, which stay.
    Tokens(usize),
}

/// Which rows of the bank enter where.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// Rows that are keys and values, per block.
    keys: BTreeMap<usize, Vec<usize>>,
    /// Rows that become tokens.
    tokens: Vec<usize>,
    /// The block in front of which they do.
    tokens_at: usize,
}

impl Layout {
    pub(crate) fn new(prompts: &Prompts<'_>, architecture: &Architecture) -> Self {
        let all = 0..prompts.len();
        let mut keys: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        if prompts.placement == Placement::Shallow {
            return Self { keys, tokens: all.collect(), tokens_at: 0 };
        }
        for row in all {
            keys.entry(prompts.block_of[row]).or_default().push(row);
        }
        let tokens_at = architecture.depth - 1;
        let tokens = match architecture.pooling {
            Pooling::Mean => keys.remove(&tokens_at).unwrap_or_default(),
            Pooling::Cls => Vec::new(),
        };
        Self { keys, tokens, tokens_at }
    }

    /// Rows that are keys and values in a block.
    pub(crate) fn keys(&self, block: usize) -> &[usize] {
        self.keys.get(&block).map_or(&[], Vec::as_slice)
    }

    /// Rows that become tokens.
    pub(crate) fn tokens(&self) -> &[usize] {
        &self.tokens
    }

    /// The block in front of which rows become tokens, if any do.
    pub(crate) fn tokens_at(&self) -> usize {
        self.tokens_at
    }

    /// The first block that holds a prompt: no gradient is needed below it.
    pub(crate) fn first_block(&self) -> Option<usize> {
        let keys = self.keys.keys().next().copied();
        let tokens = (!self.tokens.is_empty()).then_some(self.tokens_at);
        keys.into_iter().chain(tokens).min()
    }

    /// Where `row` enters, and the other rows that enter there.
    pub(crate) fn without(&self, row: usize) -> (Place, Vec<usize>) {
        let block = self.keys.iter().find(|(_, rows)| rows.contains(&row));
        let (place, rows) = match block {
            Some((block, rows)) => (Place::Keys(*block), rows),
            None => (Place::Tokens(self.tokens_at), &self.tokens),
        };
        (place, rows.iter().copied().filter(|other| *other != row).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn architecture(pooling: Pooling) -> Architecture {
        Architecture {
            image_size: 8,
            patch_size: 4,
            width: 8,
            depth: 3,
            heads: 2,
            mlp_width: 16,
            layer_scale: false,
            pooling,
            norm_eps: 1e-6,
        }
    }

    #[test]
    fn mean_pooling_makes_tokens_of_the_last_blocks_prompts() {
        let values = [0.0; 24];
        let prompts = Prompts { values: &values, block_of: &[2, 1, 2], placement: Placement::Deep };
        let layout = Layout::new(&prompts, &architecture(Pooling::Mean));
        assert_eq!((layout.tokens(), layout.tokens_at()), (&[0, 2][..], 2));
        assert!(layout.keys(2).is_empty());
        assert_eq!(layout.first_block(), Some(1));
        let layout = Layout::new(&prompts, &architecture(Pooling::Cls));
        assert!(layout.tokens().is_empty());
        assert_eq!(layout.keys(2), [0, 2]);
    }

    #[test]
    fn a_removed_row_leaves_the_others_of_its_place() {
        let values = [0.0; 24];
        let prompts = Prompts { values: &values, block_of: &[2, 1, 2], placement: Placement::Deep };
        let layout = Layout::new(&prompts, &architecture(Pooling::Cls));
        assert_eq!(layout.without(1), (Place::Keys(1), vec![]));
        assert_eq!(layout.without(2), (Place::Keys(2), vec![0]));
        let layout = Layout::new(&prompts, &architecture(Pooling::Mean));
        assert_eq!(layout.without(1), (Place::Keys(1), vec![]));
        assert_eq!(layout.without(0), (Place::Tokens(2), vec![2]));
    }
}
