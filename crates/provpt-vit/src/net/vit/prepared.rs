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
    /// Per block, those that become tokens in front of it and stay, or are added to those.
    pub(super) front: Vec<PromptRows<K>>,
    /// Whether they are added.
    pub(super) adds: bool,
    /// A block in front of which patches are lost, and how many.
    pub(super) lost: Option<(usize, usize)>,
    /// Whether every image has its own rows.
    pub(super) per_image: bool,
    /// The first block with a prompt.
    pub(super) first_block: Option<usize>,
}

impl<K: Kernels> Prepared<K> {
    /// No prompts.
    pub(crate) fn empty(vit: &Vit<K>) -> Result<Self, Error> {
        let empty = |_| PromptRows::empty(&vit.kernels);
        let rows = || vit.blocks.iter().map(empty).collect::<Result<_, _>>();
        let (keys, front) = (rows()?, rows()?);
        Ok(Self { keys, front, adds: false, lost: None, per_image: false, first_block: None })
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
        for (index, set) in self.front.iter_mut().enumerate() {
            set.fill(k, prompts, layout.front(index), mask.clone())?;
        }
        self.adds = layout.adds();
        self.lost = layout.lost();
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
            Place::Front(_) => Ok(()),
        }
    }

    /// The block at whose entry this begins to matter.
    pub(crate) fn block(&self) -> usize {
        match self.place {
            Place::Keys(block) | Place::Front(block) => block,
        }
    }
}
