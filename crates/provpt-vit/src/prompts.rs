//! Prompts as callers hand them to the engine.

use std::collections::BTreeMap;
use std::ops::Range;

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
    /// `[K, d]`; in stages every row is as wide as its block, under [`Placement::Shallow`] as the
    /// first.
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

    /// How wide a row is.
    pub fn width(&self, a: &Architecture, row: usize) -> usize {
        match self.placement {
            Placement::Shallow => a.block_width(0),
            Placement::Deep => a.block_width(self.block_of[row]),
        }
    }

    /// Where a row stands among the values, and among gradients.
    pub fn range(&self, a: &Architecture, row: usize) -> Range<usize> {
        let width = self.width(a, row);
        let start = match a.stages {
            None => row * width,
            Some(_) => (0..row).map(|row| self.width(a, row)).sum(),
        };
        start..start + width
    }

    /// How many values the rows have together.
    pub fn values_len(&self, a: &Architecture) -> usize {
        (0..self.len()).map(|row| self.width(a, row)).sum()
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

/// A row of the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Which one.
    pub(crate) index: usize,
    /// Where its values begin.
    pub(crate) start: usize,
    pub(crate) width: usize,
}

impl Row {
    pub(crate) fn range(&self) -> Range<usize> {
        self.start..self.start + self.width
    }
}

/// Which rows of the bank enter where.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// Rows that are keys and values, per block.
    keys: BTreeMap<usize, Vec<Row>>,
    /// Rows that become tokens.
    tokens: Vec<Row>,
    /// The block in front of which they do.
    tokens_at: usize,
}

impl Layout {
    pub(crate) fn new(prompts: &Prompts<'_>, architecture: &Architecture) -> Self {
        let mut start = 0;
        let all = (0..prompts.len()).map(|index| {
            let row = Row { index, start, width: prompts.width(architecture, index) };
            start += row.width;
            row
        });
        let mut keys: BTreeMap<usize, Vec<Row>> = BTreeMap::new();
        if prompts.placement == Placement::Shallow {
            return Self { keys, tokens: all.collect(), tokens_at: 0 };
        }
        for row in all {
            keys.entry(prompts.block_of[row.index]).or_default().push(row);
        }
        let tokens_at = architecture.depth - 1;
        let tokens = match architecture.pooling {
            Pooling::Mean => keys.remove(&tokens_at).unwrap_or_default(),
            Pooling::Cls | Pooling::Patches => Vec::new(),
        };
        Self { keys, tokens, tokens_at }
    }

    /// Rows that are keys and values in a block.
    pub(crate) fn keys(&self, block: usize) -> &[Row] {
        self.keys.get(&block).map_or(&[], Vec::as_slice)
    }

    /// Rows that become tokens.
    pub(crate) fn tokens(&self) -> &[Row] {
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
    pub(crate) fn without(&self, row: usize) -> (Place, Vec<Row>) {
        let is_here = |rows: &[Row]| rows.iter().any(|other| other.index == row);
        let block = self.keys.iter().find(|(_, rows)| is_here(rows));
        let (place, rows) = match block {
            Some((block, rows)) => (Place::Keys(*block), rows),
            None => (Place::Tokens(self.tokens_at), &self.tokens),
        };
        (place, rows.iter().copied().filter(|other| other.index != row).collect())
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
        assert_eq!((indices(layout.tokens()), layout.tokens_at()), (vec![0, 2], 2));
        assert!(layout.keys(2).is_empty());
        assert_eq!(layout.first_block(), Some(1));
        for pooling in [Pooling::Cls, Pooling::Patches] {
            let layout = Layout::new(&prompts, &architecture(pooling));
            assert!(layout.tokens().is_empty());
            assert_eq!(indices(layout.keys(2)), [0, 2]);
        }
    }

    fn indices(rows: &[Row]) -> Vec<usize> {
        rows.iter().map(|row| row.index).collect()
    }

    #[test]
    fn rows_are_as_wide_as_their_blocks() {
        let a = Architecture::swin(64, 8, [2, 1], [1, 2], 4);
        let values = [0.0; 48];
        let deep = Prompts { values: &values, block_of: &[2, 0, 2, 1], placement: Placement::Deep };
        let ranges: Vec<_> = (0..4).map(|row| deep.range(&a, row)).collect();
        assert_eq!(ranges, [0..16, 16..24, 24..40, 40..48]);
        assert_eq!(deep.values_len(&a), 48);
        let rows = Layout::new(&deep, &a);
        assert_eq!(rows.keys(1), [Row { index: 3, start: 40, width: 8 }]);
        assert!(rows.tokens().iter().map(Row::range).eq([0..16, 24..40]));
        let shallow = Prompts { placement: Placement::Shallow, ..deep };
        assert_eq!((shallow.range(&a, 3), shallow.values_len(&a)), (24..32, 32));
    }

    #[test]
    fn a_removed_row_leaves_the_others_of_its_place() {
        let values = [0.0; 24];
        let prompts = Prompts { values: &values, block_of: &[2, 1, 2], placement: Placement::Deep };
        let without = |pooling, row| {
            let (place, rows) = Layout::new(&prompts, &architecture(pooling)).without(row);
            (place, indices(&rows))
        };
        assert_eq!(without(Pooling::Cls, 1), (Place::Keys(1), vec![]));
        assert_eq!(without(Pooling::Cls, 2), (Place::Keys(2), vec![0]));
        assert_eq!(without(Pooling::Mean, 1), (Place::Keys(1), vec![]));
        assert_eq!(without(Pooling::Mean, 0), (Place::Tokens(2), vec![2]));
    }
}
