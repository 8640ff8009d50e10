//! Prompts in f64.

use provpt_vit::{Placement, PromptMask, Prompts};

use super::math::moments;
use super::weights::wide;

/// A prompt bank.
#[derive(Clone, Debug)]
pub(crate) struct Bank {
    /// K rows of `d`.
    pub(crate) values: Vec<Vec<f64>>,
    /// `[K]`.
    pub(crate) block_of: Vec<usize>,
    pub(crate) placement: Placement,
    /// `[K]`: added to the logit of each prompt's key, for all heads and queries.
    pub(crate) logits: Vec<f64>,
}

impl Bank {
    pub(crate) fn new(prompts: &Prompts<'_>, width: usize) -> Self {
        Self {
            values: prompts.values.chunks_exact(width).map(wide).collect(),
            block_of: prompts.block_of.to_vec(),
            placement: prompts.placement,
            logits: vec![0.0; prompts.len()],
        }
    }

    /// The bank without one of its rows.
    pub(crate) fn without(&self, row: usize) -> Self {
        let mut rest = self.clone();
        rest.values.remove(row);
        rest.block_of.remove(row);
        rest.logits.remove(row);
        rest
    }

    /// `sqrt(variance + eps)` of a row: the length by which it must change for a change to matter.
    pub(crate) fn spread(&self, row: usize, eps: f64) -> f64 {
        moments(&self.values[row], eps).1
    }

    /// Whether a row takes its place among the tokens in front of a block.
    pub(super) fn enters(&self, row: usize, block: usize) -> bool {
        match self.placement {
            Placement::Shallow => block == 0,
            Placement::Deep
            | Placement::DeepThenStay(_)
            | Placement::DeepLosing
            | Placement::DeepNormed => self.block_of[row] == block,
            Placement::Added => false,
        }
    }

    /// Whether what became of earlier prompts goes on into a block.
    pub(super) fn goes_on(&self, block: usize) -> bool {
        match self.placement {
            Placement::Shallow | Placement::Added => true,
            Placement::Deep | Placement::DeepLosing | Placement::DeepNormed => false,
            Placement::DeepThenStay(last) => block > last,
        }
    }

    /// The rows as one image of a batch sees them.
    pub(super) fn masked(&self, mask: Option<&dyn PromptMask>, image: usize) -> Vec<Vec<f64>> {
        let mut rows = self.values.clone();
        if let Some(mask) = mask {
            for (row, values) in rows.iter_mut().enumerate() {
                let mut multipliers = vec![f32::NAN; values.len()];
                mask.fill(image, row, &mut multipliers);
                for i in 0..values.len() {
                    values[i] *= f64::from(multipliers[i]);
                }
            }
        }
        rows
    }
}
