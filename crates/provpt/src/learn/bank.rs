//! The prompt bank: addresses over the matrix of prompts, one integer per row, the block that the
//! prompt lives in.
//!
//! The number of prompts never changes. Relocating one changes its integer and its row; nothing is
//! created or destroyed, so the optimizer and everything else that is "one number per row" stays
//! aligned. The matrix itself, `[K, d]`, is one of the learned arrays ([`Set`](super::set::Set)).

use provpt_vit::{Architecture, Placement, Prompts};
use rand::RngExt;

use crate::config::Rebirth;
use crate::error::Error;
use crate::learn::clip;
use crate::learn::form::PromptForm;
use crate::learn::making::Making;
use crate::learn::parameters::PROMPTS;
use crate::learn::set::Param;
use provpt_base::Stream;

/// Where learned prompts live.
#[derive(Clone, Debug, PartialEq)]
pub struct PromptBank {
    /// `[K]`, blocks counted from 0.
    pub(crate) block_of: Vec<usize>,
    /// Epoch in which each prompt last moved.
    pub(crate) moved_at: Vec<Option<usize>>,
    pub(crate) placement: Placement,
    /// How the rows that the network sees come of what is learned.
    pub(crate) making: Making,
    width: usize,
    depth: usize,
    /// Half-width v of the initial distribution U(-v, v).
    spread: f32,
}

impl PromptBank {
    /// `per_block` prompts in every block (deep), or that many in all (shallow): their addresses,
    /// and the array of their values, drawn from U(-v, v) with `v = sqrt(6 / (3 patch² + d))`
    /// (Jia et al., VPT, ECCV 2022).
    pub fn init(
        architecture: &Architecture,
        placement: Placement,
        per_block: usize,
        rng: &mut Stream,
    ) -> (Self, Param) {
        let blocks = if placement == Placement::Deep { architecture.depth } else { 1 };
        let block_of: Vec<usize> =
            (0..blocks).flat_map(|b| std::iter::repeat_n(b, per_block)).collect();
        let mut bank = Self::empty(architecture, placement);
        let mut values = vec![0.0; block_of.len() * bank.width];
        bank.moved_at = vec![None; block_of.len()];
        bank.block_of = block_of;
        values.chunks_exact_mut(bank.width).for_each(|row| bank.draw(row, rng));
        let prompts = Param::new(PROMPTS, &[bank.len(), bank.width], values);
        (bank, prompts)
    }

    /// A bank from stored values and addresses.
    ///
    /// # Errors
    /// They do not fit each other or the backbone.
    pub fn from_parts(
        architecture: &Architecture,
        placement: Placement,
        values: Vec<f32>,
        block_of: Vec<usize>,
    ) -> Result<(Self, Param), Error> {
        let expected = block_of.len() * architecture.width;
        if values.len() != expected {
            return Err(Error::AdapterShape { what: PROMPTS, expected, got: values.len() });
        }
        if let Some(&got) = block_of.iter().find(|&&b| b >= architecture.depth) {
            return Err(Error::PromptBlock { depth: architecture.depth, got });
        }
        let moved_at = vec![None; block_of.len()];
        let prompts = Param::new(PROMPTS, &[block_of.len(), architecture.width], values);
        Ok((Self { block_of, moved_at, ..Self::empty(architecture, placement) }, prompts))
    }

    /// Prompts of some kind, at these addresses.
    pub(crate) fn of_form(
        architecture: &Architecture,
        placement: Placement,
        block_of: Vec<usize>,
        (form, making): (&PromptForm, Making),
    ) -> Self {
        let width = form.project.unwrap_or(architecture.width);
        let fan = architecture.patch_values() + width;
        Self {
            moved_at: vec![None; block_of.len()],
            block_of,
            making,
            width,
            spread: (6.0 / fan as f32).sqrt(),
            ..Self::empty(architecture, placement)
        }
    }

    fn empty(architecture: &Architecture, placement: Placement) -> Self {
        let fan = architecture.patch_values() + architecture.width;
        Self {
            block_of: Vec::new(),
            moved_at: Vec::new(),
            placement,
            making: Making::Rows,
            width: architecture.width,
            depth: architecture.depth,
            spread: (6.0 / fan as f32).sqrt(),
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
        self.spread
    }

    /// Width of a learned row: that of tokens, unless a map brings rows to it.
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

    /// Prompts per block, `[L]`.
    pub fn distribution(&self) -> Vec<usize> {
        let mut counts = vec![0; self.depth];
        for &block in &self.block_of {
            counts[block] += 1;
        }
        counts
    }

    /// Sums of one number per prompt over each block, `[L]`.
    pub fn block_sums(&self, per_prompt: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.depth];
        for (&block, value) in self.block_of.iter().zip(per_prompt) {
            sums[block] += value;
        }
        sums
    }

    /// Euclidean norms of rows `[K, d]`, taken block by block, `[L]`.
    pub(crate) fn block_norms(&self, rows: &[f32]) -> Vec<f64> {
        let squares = rows.chunks_exact(self.width).map(clip::squares);
        // Where blocks share rows, each has them all.
        let squares: Vec<f64> = squares.cycle().take(self.len()).collect();
        self.block_sums(&squares).into_iter().map(f64::sqrt).collect()
    }

    /// The prompts of a block in the order of their arrival.
    pub fn in_block(&self, block: usize) -> Vec<usize> {
        let mut rows: Vec<usize> =
            (0..self.len()).filter(|&row| self.block_of[row] == block).collect();
        rows.sort_by_key(|&row| (self.moved_at[row], row));
        rows
    }

    /// The `index`-th prompt of a block, in the order of arrival.
    ///
    /// # Errors
    /// The block has fewer prompts, as when more are relocated than it holds.
    pub fn prompt_at(&self, block: usize, index: usize) -> Result<usize, Error> {
        let rows = self.in_block(block);
        let prompts = rows.len();
        rows.get(index).copied().ok_or(Error::BlockHasFewer { block, prompts, got: index })
    }

    /// As the engine takes them; `values` are `[K, d]`.
    pub fn prompts<'a>(&'a self, values: &'a [f32]) -> Prompts<'a> {
        Prompts { values, block_of: &self.block_of, placement: self.placement }
    }

    /// Moves a prompt to another block and gives its row of `values` `[K, d]` its new value. A move
    /// to its own block leaves both as they are; returns whether anything changed.
    ///
    /// # Errors
    /// There is no such prompt or block.
    pub fn relocate(
        &mut self,
        values: &mut [f32],
        prompt: usize,
        block: usize,
        rebirth: (Rebirth, f32),
        epoch: usize,
        rng: &mut Stream,
    ) -> Result<bool, Error> {
        let Some(&from) = self.block_of.get(prompt) else {
            return Err(Error::NoSuchPrompt { prompts: self.len(), got: prompt });
        };
        if block >= self.depth {
            return Err(Error::PromptBlock { depth: self.depth, got: block });
        }
        if from == block {
            return Ok(false);
        }
        self.block_of[prompt] = block;
        self.moved_at[prompt] = Some(epoch);
        let row = &mut values[prompt * self.width..(prompt + 1) * self.width];
        match rebirth {
            (Rebirth::Keep, _) => {}
            (Rebirth::Resample, _) => self.draw(row, rng),
            (Rebirth::Scale, factor) => row.iter_mut().for_each(|v| *v *= factor),
        }
        Ok(true)
    }

    fn draw(&self, row: &mut [f32], rng: &mut Stream) {
        for value in row {
            *value = rng.random_range(-self.spread..self.spread);
        }
    }
}

#[cfg(test)]
mod tests;
