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

/// Which rows of the bank enter where.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// Rows that are keys and values, per block.
    pub(crate) keys: BTreeMap<usize, Vec<usize>>,
    /// Rows that become tokens before the given block, and stay.
    pub(crate) tokens: Option<(usize, Vec<usize>)>,
}

impl Layout {
    pub(crate) fn new(prompts: &Prompts<'_>, architecture: &Architecture) -> Self {
        let all = 0..prompts.len();
        if prompts.placement == Placement::Shallow {
            let tokens = (!prompts.is_empty()).then(|| (0, all.collect()));
            return Self { keys: BTreeMap::new(), tokens };
        }
        let mut keys: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for row in all {
            keys.entry(prompts.block_of[row]).or_default().push(row);
        }
        let last = architecture.depth - 1;
        let tokens = match architecture.pooling {
            Pooling::Mean => keys.remove(&last).map(|rows| (last, rows)),
            Pooling::Cls => None,
        };
        Self { keys, tokens }
    }

    /// The first block that holds a prompt: no gradient is needed below it.
    pub(crate) fn first_block(&self) -> Option<usize> {
        let keys = self.keys.keys().next().copied();
        let tokens = self.tokens.as_ref().map(|(block, _)| *block);
        keys.into_iter().chain(tokens).min()
    }

    /// The block at whose entry removing `row` begins to matter, and the layout without it.
    pub(crate) fn without(&self, row: usize) -> (usize, Self) {
        let mut rest = self.clone();
        let mut from = 0;
        for (block, rows) in &mut rest.keys {
            if rows.contains(&row) {
                from = *block;
                rows.retain(|r| *r != row);
            }
        }
        if let Some((block, rows)) = &mut rest.tokens
            && rows.contains(&row)
        {
            from = *block;
            rows.retain(|r| *r != row);
        }
        rest.keys.retain(|_, rows| !rows.is_empty());
        rest.tokens = rest.tokens.filter(|(_, rows)| !rows.is_empty());
        (from, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn architecture(pooling: Pooling) -> Architecture {
        Architecture { mlp_width: 16, pooling, ..Architecture::plain(8, 4, 8, 3, 2) }
    }

    #[test]
    fn mean_pooling_makes_tokens_of_the_last_blocks_prompts() {
        let values = [0.0; 24];
        let prompts = Prompts { values: &values, block_of: &[2, 1, 2], placement: Placement::Deep };
        let layout = Layout::new(&prompts, &architecture(Pooling::Mean));
        assert_eq!(layout.tokens, Some((2, vec![0, 2])));
        assert_eq!(layout.first_block(), Some(1));
        let layout = Layout::new(&prompts, &architecture(Pooling::Cls));
        assert_eq!(layout.tokens, None);
        assert_eq!(layout.keys[&2], [0, 2]);
    }

    #[test]
    fn a_removed_row_leaves_its_block() {
        let values = [0.0; 24];
        let prompts = Prompts { values: &values, block_of: &[2, 1, 2], placement: Placement::Deep };
        let layout = Layout::new(&prompts, &architecture(Pooling::Cls));
        let (from, rest) = layout.without(1);
        assert_eq!((from, rest.keys.get(&1)), (1, None));
        let (from, rest) = layout.without(2);
        assert_eq!((from, &rest.keys[&2]), (2, &vec![0]));
    }
}
