//! What is tuned, as callers hand it to the engine.

use super::{Demand, Pieces, is_side};
use crate::Architecture;
use crate::error::Error;
use crate::prompts::Prompts;

/// An array in the place of the backbone's own.
#[derive(Clone, Copy, Debug)]
pub struct Weight<'a> {
    /// Its name in a checkpoint: timm's key, such as `blocks.3.norm1.bias`.
    pub name: &'a str,
    /// As many values as the backbone's own has, in the same order.
    pub values: &'a [f32],
}

/// What is tuned of a network: prompts, and arrays in the place of the backbone's own.
#[derive(Clone, Copy, Debug)]
pub struct Tuned<'a> {
    /// The prompts.
    pub prompts: Prompts<'a>,
    /// The arrays, each under a name of its own. All others are the backbone's.
    pub weights: &'a [Weight<'a>],
}

impl Tuned<'_> {
    /// Whether a second network is part of it, whose arrays only that network can judge.
    pub(crate) fn has_side(&self) -> bool {
        self.weights.iter().any(|weight| is_side(weight.name))
    }

    /// The last block whose input is the backbone's own, whatever the values of what is tuned; none
    /// if even the tokens of the first block are not.
    ///
    /// # Errors
    /// The network has no array of such a name, or of another size.
    pub fn last_entry(&self, a: &Architecture) -> Result<Option<usize>, Error> {
        if self.has_side() {
            return Ok(None);
        }
        let pieces = Pieces::new(self.weights, a)?;
        Ok(last_entry(&self.prompts, pieces.demand(), a))
    }
}

/// See [`Tuned::last_entry`].
pub(crate) fn last_entry(
    prompts: &Prompts<'_>,
    demand: &Demand,
    a: &Architecture,
) -> Option<usize> {
    let first = [prompts.first_block(), demand.first_block()].into_iter().flatten().min();
    (!demand.has_embedding()).then(|| first.unwrap_or(a.depth - 1))
}

impl<'a> From<&Prompts<'a>> for Tuned<'a> {
    fn from(prompts: &Prompts<'a>) -> Self {
        Self { prompts: *prompts, weights: &[] }
    }
}

impl<'a> From<&Self> for Tuned<'a> {
    fn from(tuned: &Self) -> Self {
        *tuned
    }
}
