//! Who is where, and sums over blocks.

use super::PromptBank;
use crate::error::Error;
use crate::learn::clip;

impl PromptBank {
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

    /// Euclidean norms of learned rows, one after another, taken block by block, `[L]`.
    pub(crate) fn block_norms(&self, mut rows: &[f32]) -> Vec<f64> {
        let mut squares = Vec::with_capacity(self.len());
        for &block in &self.block_of {
            let Some((row, others)) = rows.split_at_checked(self.row_width(block)) else { break };
            squares.push(clip::squares(row));
            rows = others;
        }
        // Where blocks share rows, each has them all.
        let squares: Vec<f64> = squares.iter().copied().cycle().take(self.len()).collect();
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
}
