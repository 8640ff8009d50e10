//! Prompts made ready for a pass: normalized and projected to keys and values once, for all images
//! together, or per image under prompt dropout.

use super::Vit;
use super::prompt_rows::{MaskedImages, PromptRows};
use crate::error::Error;
use crate::kernels::Kernels;
use crate::prompts::{Layout, Place, Prompts};

/// The prompts of a pass.
pub(crate) struct Prepared<K: Kernels> {
    /// Per block, those that are keys and values there.
    pub(super) keys: Vec<PromptRows<K>>,
    /// Those that are tokens from the block [`Self::tokens_at`] on.
    pub(super) tokens: PromptRows<K>,
    pub(super) tokens_at: usize,
    /// Whether every image has its own rows.
    pub(super) per_image: bool,
    /// The first block with a prompt.
    pub(super) first_block: Option<usize>,
}

impl<K: Kernels> Prepared<K> {
    /// No prompts.
    pub(crate) fn empty(vit: &Vit<K>) -> Result<Self, Error> {
        let rows = || PromptRows::empty(&vit.kernels);
        Ok(Self {
            keys: vit.blocks.iter().map(|_| rows()).collect::<Result<_, _>>()?,
            tokens: rows()?,
            tokens_at: 0,
            per_image: false,
            first_block: None,
        })
    }

    /// Prepares prompts for a batch, or, given a mask, for some images of it.
    pub(crate) fn fill(
        &mut self,
        vit: &Vit<K>,
        prompts: &Prompts<'_>,
        mask: Option<MaskedImages<'_>>,
    ) -> Result<(), Error> {
        let (k, layout) = (&vit.kernels, Layout::new(prompts, &vit.architecture));
        for (index, (block, set)) in vit.blocks.iter().zip(&mut self.keys).enumerate() {
            set.fill(k, prompts, layout.keys(index), mask.clone())?;
            set.project(k, block)?;
        }
        self.tokens.fill(k, prompts, layout.tokens(), mask.clone())?;
        self.tokens_at = layout.tokens_at();
        self.per_image = mask.is_some();
        self.first_block = layout.first_block();
        Ok(())
    }
}

/// The rows of one place without one of them: what changes when a prompt is left out.
pub(crate) struct Variant<K: Kernels> {
    pub(super) place: Place,
    pub(super) rows: PromptRows<K>,
}

impl<K: Kernels> Variant<K> {
    /// Without rows.
    pub(crate) fn empty(vit: &Vit<K>) -> Result<Self, Error> {
        Ok(Self { place: Place::Keys(0), rows: PromptRows::empty(&vit.kernels)? })
    }

    /// Leaves this row of the bank out.
    pub(crate) fn fill(
        &mut self,
        vit: &Vit<K>,
        prompts: &Prompts<'_>,
        row: usize,
    ) -> Result<(), Error> {
        let (place, rest) = Layout::new(prompts, &vit.architecture).without(row);
        self.place = place;
        self.rows.fill(&vit.kernels, prompts, &rest, None)?;
        match place {
            Place::Keys(block) => self.rows.project(&vit.kernels, &vit.blocks[block]),
            Place::Tokens(_) => Ok(()),
        }
    }

    /// The block at whose entry this begins to matter.
    pub(crate) fn block(&self) -> usize {
        match self.place {
            Place::Keys(block) | Place::Tokens(block) => block,
        }
    }
}
