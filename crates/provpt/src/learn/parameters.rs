//! What a run learns: its arrays, and the blocks that its prompts live in.

use provpt_vit::{Prompts, Weight};

use crate::config::Rebirth;
use crate::error::Error;
use crate::learn::bank::PromptBank;
use crate::learn::head::{HEAD, Head};
use crate::learn::set::{Param, Set};
use provpt_base::Stream;

/// The name of the prompts' array, `[K, d]`.
pub(crate) const PROMPTS: &str = "prompts";

/// Learned arrays, and the addresses of the prompts among them.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    pub(crate) set: Set,
    /// None for methods without prompts.
    pub(crate) bank: Option<PromptBank>,
}

impl Parameters {
    /// All learned arrays.
    pub fn set(&self) -> &Set {
        &self.set
    }

    /// Where the prompts live; none for methods without prompts.
    pub fn bank(&self) -> Option<&PromptBank> {
        self.bank.as_ref()
    }

    /// The classifier.
    pub fn head(&self) -> Head<'_> {
        Head::of(&self.set)
    }

    /// The prompts as the engine takes them.
    pub fn prompts(&self) -> Prompts<'_> {
        self.bank.as_ref().map_or(Prompts::NONE, |bank| bank.prompts(self.prompt_values()))
    }

    /// The learned arrays that stand in the place of the backbone's own.
    pub fn thawed(&self) -> impl Iterator<Item = &Param> {
        self.set.iter().filter(|param| param.name != PROMPTS && !param.name.starts_with(HEAD))
    }

    /// The same as the engine takes them.
    pub(crate) fn weights(&self) -> Vec<Weight<'_>> {
        self.thawed().map(|Param { name, values, .. }| Weight { name, values }).collect()
    }

    /// Whether the backbone is as it was: no prompts, and no other arrays in it.
    pub(crate) fn is_bare(&self) -> bool {
        self.bank.is_none() && self.thawed().next().is_none()
    }

    /// Whether there is something to learn beside the head.
    pub(crate) fn learns_beside_head(&self) -> bool {
        self.set.iter().any(|param| param.learns() && !param.name.starts_with(HEAD))
    }

    /// Prompts per block, `[L]`; empty for methods without prompts.
    pub fn distribution(&self) -> Vec<usize> {
        self.bank.as_ref().map(PromptBank::distribution).unwrap_or_default()
    }

    /// Number of prompts, K.
    pub fn prompt_count(&self) -> usize {
        self.bank.as_ref().map_or(0, PromptBank::len)
    }

    /// `[K, d]`.
    pub(crate) fn prompt_values(&self) -> &[f32] {
        self.set.values(PROMPTS)
    }

    /// One prompt's values, `[d]`.
    pub fn row(&self, prompt: usize) -> &[f32] {
        let width = self.bank.as_ref().map_or(0, PromptBank::width);
        &self.prompt_values()[prompt * width..(prompt + 1) * width]
    }

    /// Moves a prompt to another block and gives it its new value; see [`PromptBank::relocate`].
    ///
    /// # Errors
    /// There is no such prompt or block.
    pub fn relocate(
        &mut self,
        prompt: usize,
        block: usize,
        rebirth: (Rebirth, f32),
        epoch: usize,
        rng: &mut Stream,
    ) -> Result<bool, Error> {
        let none = Error::NoSuchPrompt { prompts: 0, got: prompt };
        let bank = self.bank.as_mut().ok_or(none)?;
        bank.relocate(self.set.values_mut(PROMPTS), prompt, block, rebirth, epoch, rng)
    }
}
