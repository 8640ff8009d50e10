//! What a run learns: its arrays, and the blocks that its prompts live in.

use std::borrow::Cow;

use provpt_runs::LearnedCount;
use provpt_vit::{Prompts, Weight};

use crate::config::Rebirth;
use crate::error::Error;
use crate::learn::bank::PromptBank;
use crate::learn::head::{HEAD, Head};
use crate::learn::set::{Param, Set};
use crate::learn::stage_rows::RowPlace;
use provpt_base::Stream;

/// The name of the prompts' array, `[K, d]`; in stages, the beginning of their arrays' names.
pub(crate) const PROMPTS: &str = "prompts";

/// Whether an array of this name is one of prompts.
fn is_of_prompts(name: &str) -> bool {
    name.strip_prefix(PROMPTS).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

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

    /// The prompts' rows one after another, each as wide as its block.
    pub(crate) fn rows(&self) -> Cow<'_, [f32]> {
        let bank = self.bank.as_ref();
        bank.map_or(Cow::Borrowed(&[]), |bank| bank.rows(|name| self.set.values(name)))
    }

    /// The prompts as the engine takes them; `rows` are [`Self::rows`].
    pub(crate) fn prompts<'a>(&'a self, rows: &'a [f32]) -> Prompts<'a> {
        self.bank.as_ref().map_or(Prompts::NONE, |bank| bank.prompts(rows))
    }

    /// Gradients of the prompts' arrays, by name, given those of their rows.
    pub(crate) fn prompt_gradients(&self, d_rows: Vec<f32>) -> Vec<(String, Vec<f32>)> {
        match &self.bank {
            None => Vec::new(),
            Some(PromptBank { stages: Some(stages), block_of, .. }) => {
                stages.split(block_of, &d_rows)
            }
            Some(_) => vec![(PROMPTS.to_owned(), d_rows)],
        }
    }

    /// The learned arrays that stand in the place of the backbone's own.
    pub fn thawed(&self) -> impl Iterator<Item = &Param> {
        self.set.iter().filter(|param| !is_of_prompts(&param.name) && !param.name.starts_with(HEAD))
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

    /// What learns, where a move can change how many numbers that are.
    pub(crate) fn changing_count(&self) -> Option<LearnedCount> {
        let bank = self.bank.as_ref()?;
        let stages = bank.stages.as_ref()?.blocks();
        Some(LearnedCount { prompts: bank.len(), numbers: self.set.count(), stages })
    }

    /// One prompt's values, `[d]`.
    pub fn row(&self, prompt: usize) -> &[f32] {
        let Some(bank) = &self.bank else { return &[] };
        let RowPlace { array, row, width } = bank.place(prompt);
        &self.set.values(&array)[row * width..(row + 1) * width]
    }

    /// Moves a prompt to another block and gives it its new value. A move to its own block leaves
    /// both as they are; returns whether anything changed.
    ///
    /// # Errors
    /// There is no such prompt or block, or a value is to be kept where widths differ.
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
        bank.relocate(&mut self.set, prompt, block, rebirth, epoch, rng)
    }
}
