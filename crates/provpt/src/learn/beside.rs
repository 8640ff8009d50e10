//! Rows beside a model's prompts, which take part as prompts do: in full, or so faintly that nothing
//! changes, while gradients say all the same what they would do.

use crate::learn::parameters::{LOGITS, Parameters};
use crate::learn::set::Param;

/// What is added to the logits of a prompt that nobody is to see: its attention is 0.
const HIDDEN: f32 = -1e4;

/// What is added to the logits of a ghost. It takes two billionths of the attention that it would take
/// else, so that the network computes what it computes without it, but for rounding; and what the way
/// back says of it is as much smaller, and otherwise the same.
const FAINT: f32 = -20.0;

/// By how much gradients of a ghost are too small.
pub(crate) fn faintness() -> f64 {
    f64::from(-FAINT).exp()
}

impl Parameters {
    /// These, and further prompts behind theirs: of some block each, with some row.
    pub(crate) fn with_rows<'r>(&self, rows: impl IntoIterator<Item = (usize, &'r [f32])>) -> Self {
        self.joined(rows, 0.0)
    }

    /// The same with ghosts, who would enter as new prompts do.
    pub(crate) fn with_ghosts<'r>(
        &self,
        rows: impl IntoIterator<Item = (usize, &'r [f32])>,
    ) -> Self {
        self.joined(rows, FAINT)
    }

    fn joined<'r>(&self, rows: impl IntoIterator<Item = (usize, &'r [f32])>, added: f32) -> Self {
        let mut joined = self.clone();
        joined.give_logits();
        let Self { set, bank } = &mut joined;
        let Some(bank) = bank else { return joined };
        rows.into_iter().for_each(|(block, row)| bank.push(set, block, row));
        if let Some(param) = set.param_mut(LOGITS) {
            param.values.resize(bank.len(), bank.first_logit + added);
            param.shape = vec![bank.len()];
        }
        joined
    }

    /// These without a prompt, for the network: it is there, and nobody sees it.
    pub(crate) fn hiding(mut self, prompt: usize) -> Self {
        self.give_logits();
        if let Some(logit) = self.set.values_mut(LOGITS).get_mut(prompt) {
            *logit = HIDDEN;
        }
        self
    }

    /// Adds nothing to all logits, where there was not even that.
    fn give_logits(&mut self) {
        if self.set.values(LOGITS).is_empty() {
            let count = self.prompt_count();
            self.set.push(Param::new(LOGITS, &[count], vec![0.0; count]));
        }
    }
}
