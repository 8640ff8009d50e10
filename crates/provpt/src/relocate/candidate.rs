//! Rows that a block could take in as prompts.

use crate::learn::bank::PromptBank;
use crate::learn::parameters::Parameters;

/// A row for a block.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) block: usize,
    /// As wide as the block's prompts are, and of their form.
    pub(crate) row: Vec<f32>,
    pub(crate) origin: Origin,
}

/// Where a row comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It is this prompt's, as it is.
    Prompt(usize),
    /// A token of some image in front of the block.
    Token,
    /// What the gradient of an empty row asks for.
    Demand,
    /// This row of the nursery.
    Nursery(usize),
    /// Drawn as prompts are before the first step.
    Drawn,
}

impl Origin {
    /// As records of moves have it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Prompt(_) => "keep",
            Self::Token => "token",
            Self::Demand => "demand",
            Self::Nursery(_) => "nursery",
            Self::Drawn => "resample",
        }
    }
}

impl Candidate {
    /// A prompt as it is, for another block; none where that one's are wider or narrower.
    pub(crate) fn prompt(parameters: &Parameters, prompt: usize, block: usize) -> Option<Self> {
        let bank = parameters.bank()?;
        let same = bank.same_width(bank.block_of()[prompt], block);
        same.then(|| Self {
            block,
            row: parameters.row(prompt).to_vec(),
            origin: Origin::Prompt(prompt),
        })
    }

    /// What a token becomes as a prompt of a block.
    pub(crate) fn of_token(
        bank: &PromptBank,
        block: usize,
        mut row: Vec<f32>,
        origin: Origin,
    ) -> Self {
        bank.row_form().of_token(block, &mut row);
        Self { block, row, origin }
    }

    /// As [`Parameters::with_rows`] takes it.
    pub(crate) fn beside(&self) -> (usize, &[f32]) {
        (self.block, &self.row)
    }

    /// Whether a prompt of a bank may become it: it is to come to another block, and as what it was
    /// if that is what the candidate is.
    pub(crate) fn suits(&self, bank: &PromptBank, prompt: usize) -> bool {
        let own = match self.origin {
            Origin::Prompt(other) => other == prompt,
            _ => true,
        };
        own && bank.block_of()[prompt] != self.block
    }
}
