//! Prompts as callers hand them to the engine.

use std::collections::BTreeMap;

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
    /// Prompts are no tokens, but added to those in front of their block: one to each token, or a
    /// single one to all of them.
    Added,
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
            Placement::Deep | Placement::DeepThenStay(_) | Placement::Added => {
                self.block_of.iter().copied().min()
            }
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
    /// In front of this block: as tokens, which stay, or added to tokens.
    Front(usize),
}

/// Which rows of the bank enter where.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// Rows that are keys and values, per block.
    keys: BTreeMap<usize, Vec<usize>>,
    /// Rows that become tokens in front of a block, or are added to those.
    front: BTreeMap<usize, Vec<usize>>,
    /// Whether they are added.
    adds: bool,
}

impl Layout {
    pub(crate) fn new(prompts: &Prompts<'_>, architecture: &Architecture) -> Self {
        let last = architecture.depth - 1;
        // The block whose prompts become tokens.
        let stay = match prompts.placement {
            Placement::Shallow => 0,
            Placement::DeepThenStay(block) => block,
            Placement::Deep | Placement::Added => last,
        };
        let reads = stay < last || architecture.reads_prompts();
        let (mut keys, mut front) = (BTreeMap::new(), BTreeMap::new());
        for (row, &block) in prompts.block_of.iter().enumerate() {
            let (map, block): (&mut BTreeMap<usize, Vec<usize>>, usize) = match prompts.placement {
                Placement::Added => (&mut front, block),
                Placement::Shallow => (&mut front, 0),
                _ if block == stay && reads => (&mut front, block),
                _ => (&mut keys, block),
            };
            map.entry(block).or_default().push(row);
        }
        Self { keys, front, adds: prompts.placement == Placement::Added }
    }

    /// Rows that are keys and values in a block.
    pub(crate) fn keys(&self, block: usize) -> &[usize] {
        self.keys.get(&block).map_or(&[], Vec::as_slice)
    }

    /// Rows that become tokens in front of a block, or are added to those.
    pub(crate) fn front(&self, block: usize) -> &[usize] {
        self.front.get(&block).map_or(&[], Vec::as_slice)
    }

    /// Whether they are added.
    pub(crate) fn adds(&self) -> bool {
        self.adds
    }

    /// The first block that holds a prompt: no gradient is needed below it.
    pub(crate) fn first_block(&self) -> Option<usize> {
        self.keys.keys().chain(self.front.keys()).copied().min()
    }

    /// Where `row` enters, and the other rows that enter there.
    pub(crate) fn without(&self, row: usize) -> (Place, Vec<usize>) {
        let find = |map: &BTreeMap<usize, Vec<usize>>| {
            let found = map.iter().find(|(_, rows)| rows.contains(&row));
            found.map(|(block, rows)| (*block, rows.clone()))
        };
        let (place, rows) = match find(&self.keys) {
            Some((block, rows)) => (Place::Keys(block), rows),
            None => find(&self.front)
                .map_or((Place::Front(0), Vec::new()), |(block, rows)| (Place::Front(block), rows)),
        };
        (place, rows.into_iter().filter(|other| *other != row).collect())
    }

    /// Whether all this can be done in a network.
    pub(crate) fn check(&self, a: &Architecture) -> Result<(), Error> {
        let tokens = a.tokens();
        let odd =
            |(_, rows): &(&usize, &Vec<usize>)| self.adds && ![1, tokens].contains(&rows.len());
        if let Some((&block, rows)) = self.front.iter().find(odd) {
            return Err(Error::AddedRows { block, tokens, got: rows.len() });
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
        Layout::new(&Prompts { values: &[0.0; 24], block_of: &[2, 1, 2], placement }, &a)
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
        for (pooling, pool) in tokens {
            let layout = layout(Placement::Deep, pooling, pool);
            assert_eq!((layout.front(2), layout.keys(2)), (&[0, 2][..], &[][..]));
            assert_eq!((layout.keys(1), layout.first_block()), (&[1][..], Some(1)));
        }
        for (pooling, pool) in
            [(Pooling::Cls, Original), (Pooling::Cls, Image), (Pooling::Mean, Image)]
        {
            let layout = layout(Placement::Deep, pooling, pool);
            assert_eq!((layout.front(2), layout.keys(2)), (&[][..], &[0, 2][..]));
        }
    }

    #[test]
    fn prompts_stay_from_some_block_on_or_are_added_in_front_of_theirs() {
        let of = |placement| {
            let layout = layout(placement, Pooling::Cls, PromptPool::Original);
            let blocks = |rows: &dyn Fn(usize) -> Vec<usize>| [0, 1, 2].map(rows);
            let keys = blocks(&|block| layout.keys(block).to_vec());
            (keys, blocks(&|block| layout.front(block).to_vec()), layout.adds())
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
        let layout = |pooling| layout(Placement::Deep, pooling, PromptPool::Original);
        assert_eq!(layout(Pooling::Cls).without(1), (Place::Keys(1), vec![]));
        assert_eq!(layout(Pooling::Cls).without(2), (Place::Keys(2), vec![0]));
        assert_eq!(layout(Pooling::Mean).without(1), (Place::Keys(1), vec![]));
        assert_eq!(layout(Pooling::Mean).without(0), (Place::Front(2), vec![2]));
    }
}
