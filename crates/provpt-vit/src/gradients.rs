//! Gradients as callers get them.

use crate::prompts::Prompts;

/// Gradients of one batch by all that is tuned.
#[derive(Clone, Debug)]
pub struct Gradients {
    /// d loss / d prompts `[K, d]`, laid out as their values.
    pub prompts: Vec<f32>,
    /// `[K]`: `<d loss / d p, p>`, the published idleness (Shang et al., 2025).
    pub gate: Vec<f32>,
    /// `[K]`: d loss / d (logit of the prompt's key), summed over images, heads and queries:
    /// first-order effect of the prompt's attention mass.
    pub attention: Vec<f32>,
    /// Of each array that stood in the place of the backbone's own, in the order given.
    pub weights: Vec<Vec<f32>>,
}

impl Gradients {
    /// Those of a bank that does not matter, and of no arrays yet.
    pub(crate) fn zeros(bank: &Prompts<'_>) -> Self {
        Self {
            prompts: vec![0.0; bank.values.len()],
            gate: vec![0.0; bank.len()],
            attention: vec![0.0; bank.len()],
            weights: Vec::new(),
        }
    }

    /// Adds the gradients of other images.
    pub(crate) fn add(&mut self, other: &Self) {
        let pairs = [
            (&mut self.prompts, &other.prompts),
            (&mut self.gate, &other.gate),
            (&mut self.attention, &other.attention),
        ];
        for (sum, part) in pairs {
            sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
        if self.weights.is_empty() {
            self.weights.clone_from(&other.weights);
            return;
        }
        for (sum, part) in self.weights.iter_mut().zip(&other.weights) {
            sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
    }
}
