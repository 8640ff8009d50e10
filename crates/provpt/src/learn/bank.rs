//! The prompt bank: addresses over the matrix of prompts, one integer per row, the block that the
//! prompt lives in.
//!
//! Relocating a prompt changes its integer and its row; nothing is created or destroyed, so the optimizer
//! and everything else that is "one number per row" stays aligned. Prompts that leave take theirs with
//! them. The matrix itself, `[K, d]`, is one of the learned arrays ([`Set`](super::set::Set)); where
//! stages differ in width there is one for each of them.

mod counts;
mod moves;

use std::borrow::Cow;
use std::sync::Arc;

use provpt_vit::{Architecture, Placement, Prompts};

use crate::error::Error;
use crate::learn::form::PromptForm;
use crate::learn::making::Making;
use crate::learn::parameters::{LOGITS, PROMPTS};
use crate::learn::rebirth::{Crossing, Merge};
use crate::learn::row_form::RowForm;
use crate::learn::set::{Param, Set};
use crate::learn::stage_rows::{RowPlace, StageRows};
use provpt_base::Stream;

/// Where learned prompts live.
#[derive(Clone, Debug, PartialEq)]
pub struct PromptBank {
    /// `[K]`, blocks counted from 0.
    pub(crate) block_of: Vec<usize>,
    /// Epoch in which each prompt last moved.
    pub(crate) moved_at: Vec<Option<usize>>,
    pub(crate) placement: Placement,
    /// How the rows that the network sees come of what is learned, where all are of one width.
    pub(crate) making: Making,
    /// Where rows stand if they are not.
    pub(crate) stages: Option<StageRows>,
    /// What becomes of values between stages.
    crossing: Crossing,
    /// What learned rows are of.
    row_form: RowForm,
    /// What is added to the logits of a new prompt, where anything is.
    pub(crate) first_logit: f32,
    /// That of all learned rows, or of those of the first stage.
    width: usize,
    /// Width of the rows that the network sees, or of those of the first stage.
    seen: usize,
    depth: usize,
}

impl PromptBank {
    /// `per_block` prompts in every block (deep), or that many in all (shallow): their addresses,
    /// and the arrays of their values, drawn from U(-v, v) with `v = sqrt(6 / (3 patch² + d))`
    /// (Jia et al., VPT, ECCV 2022).
    pub fn init(
        architecture: &Architecture,
        placement: Placement,
        per_block: usize,
        rng: &mut Stream,
    ) -> (Self, Vec<Param>) {
        let blocks = if placement == Placement::Deep { architecture.depth } else { 1 };
        let block_of: Vec<usize> =
            (0..blocks).flat_map(|b| std::iter::repeat_n(b, per_block)).collect();
        let mut bank = Self::empty(architecture, placement);
        let count = bank.values_len(&block_of);
        let values: Vec<f32> = (0..count).map(|_| bank.draw(rng)).collect();
        bank.moved_at = vec![None; block_of.len()];
        bank.block_of = block_of;
        let prompts = bank.params(values);
        (bank, prompts)
    }

    /// A bank from stored values, row after row in the order of the bank, and addresses.
    ///
    /// # Errors
    /// They do not fit each other or the backbone.
    pub fn from_parts(
        architecture: &Architecture,
        placement: Placement,
        values: Vec<f32>,
        block_of: Vec<usize>,
    ) -> Result<(Self, Vec<Param>), Error> {
        Self::check_blocks(architecture, &block_of)?;
        let moved_at = vec![None; block_of.len()];
        let bank = Self { block_of, moved_at, ..Self::empty(architecture, placement) };
        let expected = bank.values_len(&bank.block_of);
        if values.len() != expected {
            return Err(Error::AdapterShape { what: PROMPTS, expected, got: values.len() });
        }
        let prompts = bank.params(values);
        Ok((bank, prompts))
    }

    /// Refuses addresses of blocks that the backbone has not got.
    pub(crate) fn check_blocks(
        architecture: &Architecture,
        block_of: &[usize],
    ) -> Result<(), Error> {
        let depth = architecture.depth;
        match block_of.iter().find(|&&block| block >= depth) {
            Some(&got) => Err(provpt_vit::Error::PromptBlock { depth, got }.into()),
            None => Ok(()),
        }
    }

    /// The same, with what carries prompts from one stage to the next.
    pub(crate) fn carrying(mut self, merges: Arc<[Merge]>) -> Self {
        self.crossing.merges = merges;
        self
    }

    /// The same, with rows of some form, and what is added to the logits of new ones.
    pub(crate) fn of_rows(self, row_form: RowForm, first_logit: f32) -> Self {
        Self { row_form, first_logit, ..self }
    }

    /// Prompts of some kind, at these addresses.
    pub(crate) fn of_form(
        architecture: &Architecture,
        placement: Placement,
        block_of: Vec<usize>,
        (form, making): (&PromptForm, Making),
    ) -> Self {
        let empty = Self::empty(architecture, placement);
        let width = form.project.unwrap_or(empty.width);
        let spread = (6.0 / (architecture.patch_values() + width) as f32).sqrt();
        let crossing = Crossing { spread, ..empty.crossing };
        Self { moved_at: vec![None; block_of.len()], block_of, making, width, crossing, ..empty }
    }

    fn empty(architecture: &Architecture, placement: Placement) -> Self {
        let width = architecture.block_width(0);
        let fan = architecture.patch_values() + width;
        Self {
            block_of: Vec::new(),
            moved_at: Vec::new(),
            placement,
            making: Making::Rows,
            stages: StageRows::of(architecture, placement),
            crossing: Crossing { spread: (6.0 / fan as f32).sqrt(), merges: Arc::new([]) },
            row_form: RowForm::Token,
            first_logit: 0.0,
            width,
            seen: width,
            depth: architecture.depth,
        }
    }

    /// Values of the rows of prompts in these blocks.
    fn values_len(&self, block_of: &[usize]) -> usize {
        match &self.stages {
            None => block_of.len() * self.width,
            Some(stages) => stages.values_len(block_of),
        }
    }

    /// The learned arrays, given all rows one after another.
    fn params(&self, values: Vec<f32>) -> Vec<Param> {
        match &self.stages {
            None => vec![Param::new(PROMPTS, &[self.len(), self.width], values)],
            Some(stages) => stages.params(&self.block_of, &values),
        }
    }

    /// The learned arrays, and their axes; `rows` of them are learned where all are of one width.
    pub(crate) fn arrays(
        &self,
        form: &PromptForm,
        architecture: &Architecture,
        rows: usize,
    ) -> Vec<(String, Vec<usize>)> {
        let mut arrays: Vec<(String, Vec<usize>)> = match &self.stages {
            None => {
                let arrays = form.arrays(architecture, rows).into_iter();
                arrays.map(|(name, shape)| (name.to_owned(), shape)).collect()
            }
            Some(stages) => {
                let shapes = stages.shapes(&self.block_of).into_iter().map(|shape| shape.to_vec());
                stages.arrays().zip(shapes).collect()
            }
        };
        if form.logits {
            arrays.push((LOGITS.to_owned(), vec![self.len()]));
        }
        arrays
    }

    /// Where a prompt's row stands.
    pub(crate) fn place(&self, prompt: usize) -> RowPlace {
        match &self.stages {
            None => RowPlace { array: PROMPTS.to_owned(), row: prompt, width: self.width },
            Some(stages) => stages.place(&self.block_of, prompt),
        }
    }

    /// Where all rows stand, prompt by prompt.
    pub(crate) fn places(&self) -> impl Iterator<Item = RowPlace> {
        (0..self.len()).map(|prompt| self.place(prompt))
    }

    /// All learned rows one after another, of arrays that are given by name.
    pub(crate) fn learned<'v>(&self, values: impl Fn(&str) -> &'v [f32]) -> Cow<'v, [f32]> {
        match &self.stages {
            None => values(PROMPTS).into(),
            Some(stages) => stages.join(&self.block_of, values).into(),
        }
    }

    /// The rows that the network sees, one after another, each as wide as its block.
    pub(crate) fn rows<'a>(&self, set: &'a Set) -> Cow<'a, [f32]> {
        match &self.stages {
            None => self.making.rows(set, self.len(), self.seen),
            Some(_) => self.learned(|name| set.values(name)),
        }
    }

    /// Gradients of the learned arrays, by name, given those of the rows that the network sees.
    pub(crate) fn gradients(&self, set: &Set, d_rows: Vec<f32>) -> Vec<(String, Vec<f32>)> {
        match &self.stages {
            None => self.making.gradients(set, d_rows),
            Some(stages) => stages.split(&self.block_of, &d_rows),
        }
    }

    /// Number of prompts, K.
    pub fn len(&self) -> usize {
        self.block_of.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.block_of.is_empty()
    }

    /// Half-width v of the initial distribution U(-v, v).
    pub(crate) fn spread(&self) -> f32 {
        self.crossing.spread
    }

    /// Width of a learned row: that of tokens, unless a map brings rows to it; in stages, that of
    /// the first.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of blocks, L.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// `[K]`: each prompt's block, counted from 0.
    pub fn block_of(&self) -> &[usize] {
        &self.block_of
    }

    /// Whether prompts of two blocks are of one width.
    pub(crate) fn same_width(&self, one: usize, other: usize) -> bool {
        self.row_width(one) == self.row_width(other)
    }

    /// As the engine takes them; `values` are the rows that it sees, one after another.
    pub fn prompts<'a>(&'a self, values: &'a [f32]) -> Prompts<'a> {
        Prompts { values, block_of: &self.block_of, placement: self.placement, logits: &[] }
    }

    /// How wide a learned row of a block is.
    pub(crate) fn row_width(&self, block: usize) -> usize {
        self.stages.as_ref().map_or(self.width, |stages| stages.width(block))
    }

    /// What learned rows are of.
    pub(crate) fn row_form(&self) -> &RowForm {
        &self.row_form
    }
}

#[cfg(test)]
mod tests;
