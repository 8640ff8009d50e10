//! What a run learns: its arrays, and the blocks that its prompts live in.

use std::borrow::Cow;

use provpt_runs::LearnedCount;
use provpt_vit::{Prompts, Weight};

use crate::config::Rebirth;
use crate::error::Error;
use crate::learn::bank::PromptBank;
use crate::learn::clip;
use crate::learn::head::{HEAD, Head};
use crate::learn::set::{Param, Set};
use crate::learn::stage_rows::RowPlace;
use provpt_base::Stream;

/// The name of the prompts' array, `[K, d]`; in stages, the beginning of their arrays' names.
pub(crate) const PROMPTS: &str = "prompts";

/// What is added to the logits of prompts, `[K]`.
pub(crate) const LOGITS: &str = "prompt_logits";

/// Whether an array of this name is one of those that prompts are made of.
pub(crate) fn is_of_prompts(name: &str) -> bool {
    name.starts_with(PROMPTS) || name.starts_with("prompt_proj.") || name == LOGITS
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

    /// The prompts' rows as the network sees them, one after another, each as wide as its block.
    pub(crate) fn rows(&self) -> Cow<'_, [f32]> {
        let none = Cow::Borrowed(&[][..]);
        self.bank.as_ref().map_or(none, |bank| bank.rows(&self.set))
    }

    /// The prompts' rows as they are learned, one after another.
    pub(crate) fn learned_rows(&self) -> Cow<'_, [f32]> {
        let none = Cow::Borrowed(&[][..]);
        self.bank.as_ref().map_or(none, |bank| bank.learned(|name| self.set.values(name)))
    }

    /// The prompts as the engine takes them; `rows` are [`Self::rows`].
    pub(crate) fn prompts<'a>(&'a self, rows: &'a [f32]) -> Prompts<'a> {
        let logits = self.set.values(LOGITS);
        self.bank.as_ref().map_or(Prompts::NONE, |bank| Prompts { logits, ..bank.prompts(rows) })
    }

    /// Gradients of the arrays that prompts are made of, by name, given those of their rows and of
    /// their logits.
    pub(crate) fn prompt_gradients(
        &self,
        d_rows: Vec<f32>,
        d_logits: &[f32],
    ) -> Vec<(String, Vec<f32>)> {
        let Some(bank) = &self.bank else { return Vec::new() };
        let mut gradients = bank.gradients(&self.set, d_rows);
        gradients.push((LOGITS.to_owned(), d_logits.to_vec()));
        gradients
    }

    /// The learned arrays that stand in the place of the backbone's own.
    pub fn thawed(&self) -> impl Iterator<Item = &Param> {
        let is_own = |name: &str| !is_of_prompts(name) && !name.starts_with(HEAD);
        self.set.iter().filter(move |param| is_own(&param.name))
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

    /// Euclidean norms of prompts, or of what else stands in the place of each of their arrays, block
    /// by block; those that are pixels stand in front of the first.
    pub(crate) fn block_norms<'a>(&self, values: impl Fn(&str) -> &'a [f32]) -> Vec<f64> {
        let Some(bank) = &self.bank else { return Vec::new() };
        let rows = bank.learned(&values);
        let mut norms = bank.block_norms(&rows);
        if rows.is_empty() {
            let names = self.set.iter().map(|param| &*param.name).filter(|n| is_of_prompts(n));
            norms[0] = names.map(|name| clip::squares(values(name))).sum::<f64>().sqrt();
        }
        norms
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

    /// A prompt leaves; where its row stood among the learned arrays.
    pub(crate) fn remove(&mut self, prompt: usize) -> Option<RowPlace> {
        let bank = self.bank.as_mut().filter(|bank| prompt < bank.len())?;
        Some(bank.remove(&mut self.set, prompt))
    }

    /// A prompt becomes another one: of this block, with this row.
    ///
    /// # Errors
    /// There is no such prompt or block.
    pub(crate) fn exchange(
        &mut self,
        prompt: usize,
        other: (usize, Vec<f32>),
        epoch: usize,
    ) -> Result<(), Error> {
        let prompts = self.prompt_count();
        let none = Error::NoSuchPrompt { prompts, got: prompt };
        let bank = self.bank.as_mut().filter(|bank| prompt < bank.len()).ok_or(none)?;
        if other.0 >= bank.depth() {
            return Err(provpt_vit::Error::PromptBlock { depth: bank.depth(), got: other.0 }.into());
        }
        bank.become_other(&mut self.set, prompt, other, epoch);
        Ok(())
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
