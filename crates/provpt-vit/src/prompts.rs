//! Prompts as callers hand them to the engine.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::error::Error;
use crate::{Architecture, PromptPool};

/// Where prompts take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Each prompt is a key and a value in its own block (VPT-Deep, PRO-VPT). Where features are
    /// read from prompts, those of the last block are full tokens there.
    Deep,
    /// All prompts enter as tokens before block 0 and stay (VPT-Shallow).
    Shallow,
    /// As [`Deep`](Self::Deep) up to this block, whose prompts are tokens, and stay in all blocks
    /// behind it.
    DeepThenStay(usize),
    /// As [`Deep`](Self::Deep), and in front of the first block that has prompts as many of the first
    /// patches are lost for good (`REVERSE_DEEP` as released with VPT, Jia et al., ECCV 2022).
    DeepLosing,
    /// As [`Deep`](Self::Deep), with rows that do not go through the first norm of their block: they
    /// are what that norm could have put out. None of them can be a token.
    DeepNormed,
    /// Prompts are no tokens, but added to those in front of their block: one to each token, or a
    /// single one to all of them.
    Added,
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
    /// `[K]`: what is added to the logits of each prompt, in all heads and of all queries; its
    /// gradient is [`Gradients::attention`](crate::Gradients::attention). Empty: nothing, as in all
    /// published work. Prompts that are tokens have none.
    pub logits: &'a [f32],
}

impl Prompts<'_> {
    /// No prompts at all: the bare backbone.
    pub const NONE: Prompts<'static> =
        Prompts { values: &[], block_of: &[], placement: Placement::Deep, logits: &[] };

    /// Number of prompts, K.
    pub fn len(&self) -> usize {
        self.block_of.len()
    }

    /// The first block that prompts take part in: what is in front of it never changes.
    pub fn first_block(&self) -> Option<usize> {
        match self.placement {
            Placement::Shallow => (!self.is_empty()).then_some(0),
            Placement::Deep
            | Placement::DeepThenStay(_)
            | Placement::DeepLosing
            | Placement::DeepNormed
            | Placement::Added => self.block_of.iter().copied().min(),
        }
    }

    /// How wide a row is.
    pub fn width(&self, a: &Architecture, row: usize) -> usize {
        match self.placement {
            Placement::Shallow => a.block_width(0),
            Placement::Deep
            | Placement::DeepThenStay(_)
            | Placement::DeepLosing
            | Placement::DeepNormed
            | Placement::Added => a.block_width(self.block_of[row]),
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
    /// In front of this block: as tokens, which stay, or added to tokens.
    Front(usize),
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
    /// Rows that become tokens in front of a block, or are added to those.
    front: BTreeMap<usize, Vec<Row>>,
    /// Whether they are added.
    adds: bool,
    /// Whether patches are lost in front of the first block that has prompts.
    loses: bool,
    /// Whether rows can only be keys and values: they do not go through the norm in front of those, or
    /// something is added to their logits.
    only_keys: bool,
}

impl Layout {
    pub(crate) fn new(prompts: &Prompts<'_>, architecture: &Architecture) -> Self {
        let last = architecture.depth - 1;
        // The block whose prompts become tokens.
        let stay = match prompts.placement {
            Placement::Shallow => 0,
            Placement::DeepThenStay(block) => block,
            Placement::Deep | Placement::DeepLosing | Placement::DeepNormed | Placement::Added => {
                last
            }
        };
        let reads = stay < last || architecture.reads_prompts();
        let (mut keys, mut front) = (BTreeMap::new(), BTreeMap::new());
        let mut start = 0;
        for (index, &block) in prompts.block_of.iter().enumerate() {
            let row = Row { index, start, width: prompts.width(architecture, index) };
            start += row.width;
            let (map, block): (&mut BTreeMap<usize, Vec<Row>>, usize) = match prompts.placement {
                Placement::Added => (&mut front, block),
                Placement::Shallow => (&mut front, 0),
                _ if block == stay && reads => (&mut front, block),
                _ => (&mut keys, block),
            };
            map.entry(block).or_default().push(row);
        }
        let placement = prompts.placement;
        let (adds, loses) = (placement == Placement::Added, placement == Placement::DeepLosing);
        let only_keys = placement == Placement::DeepNormed || !prompts.logits.is_empty();
        Self { keys, front, adds, loses, only_keys }
    }

    /// Rows that are keys and values in a block.
    pub(crate) fn keys(&self, block: usize) -> &[Row] {
        self.keys.get(&block).map_or(&[], Vec::as_slice)
    }

    /// Rows that become tokens in front of a block, or are added to those.
    pub(crate) fn front(&self, block: usize) -> &[Row] {
        self.front.get(&block).map_or(&[], Vec::as_slice)
    }

    /// Whether all rows are keys and values, and tokens are what they are without.
    pub(crate) fn are_keys(&self) -> bool {
        self.front.is_empty() && !self.loses
    }

    /// Whether they are added.
    pub(crate) fn adds(&self) -> bool {
        self.adds
    }

    /// A block in front of which patches are lost, and how many.
    pub(crate) fn lost(&self) -> Option<(usize, usize)> {
        let block = self.first_block().filter(|_| self.loses)?;
        Some((block, self.keys(block).len() + self.front(block).len()))
    }

    /// The first block that holds a prompt: no gradient is needed below it.
    pub(crate) fn first_block(&self) -> Option<usize> {
        self.keys.keys().chain(self.front.keys()).copied().min()
    }

    /// Where `row` enters, and the other rows that enter there.
    pub(crate) fn without(&self, row: usize) -> (Place, Vec<Row>) {
        let is_here = |rows: &[Row]| rows.iter().any(|other| other.index == row);
        let find = |map: &BTreeMap<usize, Vec<Row>>| {
            let found = map.iter().find(|(_, rows)| is_here(rows));
            found.map(|(block, rows)| (*block, rows.clone()))
        };
        let (place, rows) = match find(&self.keys) {
            Some((block, rows)) => (Place::Keys(block), rows),
            None => find(&self.front)
                .map_or((Place::Front(0), Vec::new()), |(block, rows)| (Place::Front(block), rows)),
        };
        (place, rows.into_iter().filter(|other| other.index != row).collect())
    }

    /// Whether all this can be done in a network.
    pub(crate) fn check(&self, a: &Architecture) -> Result<(), Error> {
        let odd = |(block, rows): &(&usize, &Vec<Row>)| {
            self.adds && ![1, a.block_tokens(**block)].contains(&rows.len())
        };
        if let Some((&block, rows)) = self.front.iter().find(odd) {
            return Err(Error::AddedRows { block, tokens: a.block_tokens(block), got: rows.len() });
        }
        if let Some((block, got)) = self.lost().filter(|(_, lost)| *lost > a.patches()) {
            return Err(Error::LostPatches { block, patches: a.patches(), got });
        }
        if let Some(&block) = self.front.keys().next().filter(|_| self.only_keys) {
            return Err(Error::PromptTokens { block });
        }
        let none = self.adds || self.front.is_empty();
        if a.prompt_pool == PromptPool::Prompts && none {
            return Err(Error::NothingPooled);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pooling;

    fn layout(placement: Placement, pooling: Pooling, prompt_pool: PromptPool) -> Layout {
        let plain = Architecture::plain(8, 4, 8, 3, 2);
        let a = Architecture { mlp_width: 16, pooling, prompt_pool, ..plain };
        Layout::new(
            &Prompts { values: &[0.0; 24], block_of: &[2, 1, 2], placement, logits: &[] },
            &a,
        )
    }

    #[test]
    fn prompts_that_are_read_are_tokens_of_the_last_block() {
        use PromptPool::{Image, ImageAndPrompts, Original, Prompts};
        let tokens = [
            (Pooling::Mean, Original),
            (Pooling::Mean, ImageAndPrompts),
            (Pooling::Cls, ImageAndPrompts),
            (Pooling::Cls, Prompts),
        ];
        let places = |pooling, pool| {
            let layout = layout(Placement::Deep, pooling, pool);
            assert_eq!((indices(layout.keys(1)), layout.first_block()), (vec![1], Some(1)));
            (indices(layout.front(2)), indices(layout.keys(2)))
        };
        for (pooling, pool) in tokens {
            assert_eq!(places(pooling, pool), (vec![0, 2], vec![]));
        }
        for (pooling, pool) in
            [(Pooling::Cls, Original), (Pooling::Cls, Image), (Pooling::Mean, Image)]
        {
            assert_eq!(places(pooling, pool), (vec![], vec![0, 2]));
        }
    }

    fn indices(rows: &[Row]) -> Vec<usize> {
        rows.iter().map(|row| row.index).collect()
    }

    #[test]
    fn rows_are_as_wide_as_their_blocks() {
        let a = Architecture::swin(64, 8, [2, 1], [1, 2], 4);
        let values = [0.0; 48];
        let deep = Prompts {
            values: &values,
            block_of: &[2, 0, 2, 1],
            placement: Placement::Deep,
            logits: &[],
        };
        let ranges: Vec<_> = (0..4).map(|row| deep.range(&a, row)).collect();
        assert_eq!(ranges, [0..16, 16..24, 24..40, 40..48]);
        assert_eq!(deep.values_len(&a), 48);
        let rows = Layout::new(&deep, &a);
        assert_eq!(rows.keys(1), [Row { index: 3, start: 40, width: 8 }]);
        assert!(rows.front(2).iter().map(Row::range).eq([0..16, 24..40]));
        let shallow = Prompts { placement: Placement::Shallow, ..deep };
        assert_eq!((shallow.range(&a, 3), shallow.values_len(&a)), (24..32, 32));
    }

    #[test]
    fn prompts_stay_from_some_block_on_or_are_added_in_front_of_theirs() {
        let of = |placement| {
            let layout = layout(placement, Pooling::Cls, PromptPool::Original);
            let blocks = |rows: &dyn Fn(usize) -> Vec<usize>| [0, 1, 2].map(rows);
            let keys = blocks(&|block| indices(layout.keys(block)));
            (keys, blocks(&|block| indices(layout.front(block))), layout.adds())
        };
        let (none, all) = (Vec::new, || vec![0, 1, 2]);
        assert_eq!(
            of(Placement::Shallow),
            ([none(), none(), none()], [all(), none(), none()], false)
        );
        let stay = of(Placement::DeepThenStay(1));
        assert_eq!(stay.1, [none(), vec![1], none()]);
        // Nobody reads what becomes of them behind the last block.
        let stay = of(Placement::DeepThenStay(2));
        assert_eq!(stay, of(Placement::Deep));
        let added = of(Placement::Added);
        assert_eq!(added, ([none(), none(), none()], [none(), vec![1], vec![0, 2]], true));
    }

    #[test]
    fn a_removed_row_leaves_the_others_of_its_place() {
        let without = |pooling, row| {
            let layout = layout(Placement::Deep, pooling, PromptPool::Original);
            let (place, rows) = layout.without(row);
            (place, indices(&rows))
        };
        assert_eq!(without(Pooling::Cls, 1), (Place::Keys(1), vec![]));
        assert_eq!(without(Pooling::Cls, 2), (Place::Keys(2), vec![0]));
        assert_eq!(without(Pooling::Mean, 1), (Place::Keys(1), vec![]));
        assert_eq!(without(Pooling::Mean, 0), (Place::Front(2), vec![2]));
    }
}
