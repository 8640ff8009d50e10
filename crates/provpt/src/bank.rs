//! The prompt bank: one matrix of prompts, and one integer per prompt, the block it lives in.
//!
//! The number of prompts never changes. Relocating one changes its integer and its row; nothing is
//! created or destroyed, so the optimizer and everything else that is "one number per row" stays
//! aligned.

use provpt_vit::{Architecture, Placement, Prompts};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::clip;
use crate::config::Rebirth;
use crate::error::Error;

/// Learned prompts and where they live.
#[derive(Clone, Debug, PartialEq)]
pub struct PromptBank {
    /// `[K, d]`.
    pub(crate) values: Vec<f32>,
    /// `[K]`, blocks counted from 0.
    pub(crate) block_of: Vec<usize>,
    /// Epoch in which each prompt last moved.
    pub(crate) moved_at: Vec<Option<usize>>,
    pub(crate) placement: Placement,
    width: usize,
    depth: usize,
    /// Half-width v of the initial distribution U(-v, v).
    spread: f32,
}

impl PromptBank {
    /// `per_block` prompts in every block (deep), or that many in all (shallow), drawn from
    /// U(-v, v) with `v = sqrt(6 / (3 patch² + d))` (Jia et al., VPT, ECCV 2022).
    pub fn init(
        architecture: &Architecture,
        placement: Placement,
        per_block: usize,
        rng: &mut ChaCha8Rng,
    ) -> Self {
        let blocks = if placement == Placement::Deep { architecture.depth } else { 1 };
        let block_of: Vec<usize> =
            (0..blocks).flat_map(|b| std::iter::repeat_n(b, per_block)).collect();
        let mut bank = Self::empty(architecture, placement);
        bank.values = vec![0.0; block_of.len() * bank.width];
        bank.moved_at = vec![None; block_of.len()];
        bank.block_of = block_of;
        for row in 0..bank.len() {
            bank.draw(row, rng);
        }
        bank
    }

    /// A bank from stored rows.
    ///
    /// # Errors
    /// The rows do not fit the backbone.
    pub fn from_parts(
        architecture: &Architecture,
        placement: Placement,
        values: Vec<f32>,
        block_of: Vec<usize>,
    ) -> Result<Self, Error> {
        let expected = block_of.len() * architecture.width;
        if values.len() != expected {
            return Err(Error::AdapterShape { what: "prompts", expected, got: values.len() });
        }
        if let Some(&got) = block_of.iter().find(|&&b| b >= architecture.depth) {
            return Err(Error::PromptBlock { depth: architecture.depth, got });
        }
        let moved_at = vec![None; block_of.len()];
        Ok(Self { values, block_of, moved_at, ..Self::empty(architecture, placement) })
    }

    fn empty(architecture: &Architecture, placement: Placement) -> Self {
        let fan = architecture.patch_values() + architecture.width;
        Self {
            values: Vec::new(),
            block_of: Vec::new(),
            moved_at: Vec::new(),
            placement,
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

    /// Token width d.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of blocks, L.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// `[K, d]`.
    pub fn values(&self) -> &[f32] {
        &self.values
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
        let squares: Vec<f64> = rows.chunks_exact(self.width).map(clip::squares).collect();
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

    /// One prompt's values, `[d]`.
    pub fn row(&self, prompt: usize) -> &[f32] {
        &self.values[prompt * self.width..(prompt + 1) * self.width]
    }

    /// As the engine takes it.
    pub fn prompts(&self) -> Prompts<'_> {
        Prompts { values: &self.values, block_of: &self.block_of, placement: self.placement }
    }

    /// The first block that prompts take part in; 0 if there are none.
    pub(crate) fn first_block(&self) -> usize {
        self.prompts().first_block().unwrap_or(0)
    }

    /// Moves a prompt to another block and gives it its new value. A move to its own block leaves
    /// it as it is; returns whether anything changed.
    ///
    /// # Errors
    /// There is no such prompt or block.
    pub fn relocate(
        &mut self,
        prompt: usize,
        block: usize,
        rebirth: (Rebirth, f32),
        epoch: usize,
        rng: &mut ChaCha8Rng,
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
        match rebirth {
            (Rebirth::Keep, _) => {}
            (Rebirth::Resample, _) => self.draw(prompt, rng),
            (Rebirth::Scale, factor) => {
                let row = prompt * self.width..(prompt + 1) * self.width;
                self.values[row].iter_mut().for_each(|v| *v *= factor);
            }
        }
        Ok(true)
    }

    fn draw(&mut self, prompt: usize, rng: &mut ChaCha8Rng) {
        let row = prompt * self.width..(prompt + 1) * self.width;
        for value in &mut self.values[row] {
            *value = rng.random_range(-self.spread..self.spread);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streams::{Purpose, stream};
    use proptest::prelude::*;

    fn architecture() -> Architecture {
        Architecture { mlp_width: 12, ..Architecture::plain(32, 8, 6, 4, 2) }
    }

    fn bank(per_block: usize) -> PromptBank {
        let mut rng = stream(0, Purpose::PromptInit, 0);
        PromptBank::init(&architecture(), Placement::Deep, per_block, &mut rng)
    }

    #[test]
    fn starts_uniform_within_the_published_range() {
        let bank = bank(5);
        assert_eq!(bank.distribution(), [5; 4]);
        let v = (6.0f32 / (3.0 * 64.0 + 6.0)).sqrt();
        assert!(bank.values().iter().all(|x| x.abs() <= v));
        assert!(bank.values().iter().any(|x| x.abs() > 0.9 * v));
    }

    #[test]
    fn rebirth_scales_keeps_or_resamples() {
        let mut rng = stream(0, Purpose::Rebirth, 0);
        let old = bank(2);
        let mut scaled = old.clone();
        assert!(scaled.relocate(0, 3, (Rebirth::Scale, 1e-3), 1, &mut rng).unwrap());
        assert_eq!(scaled.row(0)[0], old.row(0)[0] * 1e-3);
        let mut kept = old.clone();
        kept.relocate(0, 3, (Rebirth::Keep, 1e-3), 1, &mut rng).unwrap();
        assert_eq!((kept.row(0), kept.block_of()[0]), (old.row(0), 3));
        let mut drawn = old.clone();
        drawn.relocate(0, 3, (Rebirth::Resample, 1e-3), 1, &mut rng).unwrap();
        assert_ne!(drawn.row(0), old.row(0));
        assert_eq!(drawn.row(1), old.row(1));
    }

    #[test]
    fn a_move_to_its_own_block_changes_nothing() {
        let mut rng = stream(0, Purpose::Rebirth, 0);
        let old = bank(2);
        let mut bank = old.clone();
        assert!(!bank.relocate(5, 2, (Rebirth::Scale, 1e-3), 1, &mut rng).unwrap());
        assert_eq!(bank, old);
    }

    #[test]
    fn moves_beyond_the_bank_are_refused() {
        let mut rng = stream(0, Purpose::Rebirth, 0);
        let mut bank = bank(1);
        let keep = (Rebirth::Keep, 1.0);
        let error = bank.relocate(4, 0, keep, 1, &mut rng).unwrap_err();
        assert_eq!(error.to_string(), "prompts: expected a prompt below 4, got 4");
        let error = bank.relocate(0, 4, keep, 1, &mut rng).unwrap_err();
        assert_eq!(error.to_string(), "prompts: expected a block below 4, got 4");
        let only = bank.prompt_at(1, 0).unwrap();
        bank.relocate(only, 2, keep, 1, &mut rng).unwrap();
        let error = bank.prompt_at(1, 0).unwrap_err();
        assert_eq!(error.to_string(), "relocation: block 2 has 0 prompts, no prompt 1 to move");
        assert_eq!(bank.in_block(2), [2, 1], "in the order of arrival");
    }

    proptest! {
        #[test]
        fn prompts_are_conserved_under_any_moves(
            moves in prop::collection::vec((0..12usize, 0..4usize), 0..60),
        ) {
            let mut bank = bank(3);
            let mut rng = stream(0, Purpose::Rebirth, 0);
            for (epoch, (prompt, block)) in moves.into_iter().enumerate() {
                let before = bank.distribution();
                let from = bank.block_of()[prompt];
                bank.relocate(prompt, block, (Rebirth::Scale, 0.5), epoch, &mut rng).unwrap();
                let after = bank.distribution();
                prop_assert_eq!(after.iter().sum::<usize>(), 12);
                let mut expected = before;
                expected[from] -= 1;
                expected[block] += 1;
                prop_assert_eq!(after, expected);
                prop_assert_eq!(bank.values().len(), 12 * 6);
            }
        }
    }
}
