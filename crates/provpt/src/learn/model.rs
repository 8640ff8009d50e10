//! Backbone and learned parameters together: features, losses, and gradients of one batch.

use provpt_data::Augment;
use provpt_vit::{Engine, Gradients as PromptGradients, PromptMask};

use crate::error::Error;
use crate::learn::dropout::{Dropout, Mask};
use crate::learn::head::{self, Head, HeadLoss};
use crate::learn::objective::Objective;
use crate::learn::parameters::{PROMPTS, Parameters};
use crate::learn::set::{Gradients, Set};
use crate::learn::source::Source;

/// What is evaluated or trained at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Model<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) parameters: &'a Parameters,
    /// What gradients are of, and removing a prompt changes.
    pub(crate) objective: &'a Objective,
}

/// Gradients of the mean loss of one batch.
#[derive(Clone, Debug, Default)]
pub(crate) struct BatchGradients {
    /// Mean loss.
    pub(crate) loss: f64,
    /// Images whose largest logit is their label's.
    pub(crate) correct: usize,
    /// By all that is learned.
    pub(crate) learned: Gradients,
    /// `[K]`: by a gate on each prompt's value. Empty without prompts.
    pub(crate) gate: Vec<f32>,
    /// `[K]`: by a gate on each prompt's attention mass. Empty without prompts.
    pub(crate) attention: Vec<f32>,
}

impl<'a> Model<'a> {
    pub(crate) fn head(&self) -> Head<'a> {
        self.parameters.head()
    }

    /// The loss of each image, `[b]`, for features `[b, d]`.
    pub(crate) fn losses(&self, features: &[f32], labels: &[usize]) -> Vec<f64> {
        self.head().losses_by(self.objective, features, labels)
    }

    /// Features `[n, d]` of some images, as evaluation sees them.
    pub(crate) fn features(
        &self,
        source: &Source<'_>,
        indices: &[usize],
    ) -> Result<Vec<f32>, Error> {
        match &self.parameters.bank {
            None => source.bare_features(self.engine, indices, None),
            Some(bank) => {
                let batch = source.batch(self.engine, bank.first_block(), indices, None)?;
                Ok(self.engine.features(batch.images(), &self.parameters.prompts())?)
            }
        }
    }

    /// Forward and backward over the images at `indices`.
    pub(crate) fn gradients(
        &self,
        source: &Source<'_>,
        indices: &[usize],
        augment: Option<Augment>,
        dropout: Option<&Dropout>,
    ) -> Result<BatchGradients, Error> {
        let (head, objective, labels) = (self.head(), self.objective, source.labels(indices));
        let mut sum = HeadSum::new(&self.parameters.set);
        let Some(bank) = &self.parameters.bank else {
            let features = source.bare_features(self.engine, indices, augment)?;
            sum.add(&head.loss(objective, &features, &labels, labels.len()));
            return Ok(sum.finish(&self.parameters.set, labels.len(), None));
        };
        let batch = source.batch(self.engine, bank.first_block(), indices, augment)?;
        let mask = dropout.map(|&dropout| Mask { dropout, indices });
        let mask = mask.as_ref().map(|mask| mask as &dyn PromptMask);
        let prompts = self.parameters.prompts();
        let (prompts, parts) =
            self.engine.gradients(batch.images(), &prompts, mask, |range, features| {
                let mut loss = head.loss(objective, features, &labels[range], labels.len());
                (std::mem::take(&mut loss.d_features), loss)
            })?;
        parts.iter().for_each(|part| sum.add(part));
        Ok(sum.finish(&self.parameters.set, labels.len(), Some(prompts)))
    }
}

/// Adds up the head's side over chunks, in order.
struct HeadSum {
    loss: f64,
    correct: usize,
    d_weight: Vec<f32>,
    d_bias: Vec<f32>,
}

impl HeadSum {
    fn new(set: &Set) -> Self {
        let zeros = |name| vec![0.0; set.values(name).len()];
        Self { loss: 0.0, correct: 0, d_weight: zeros(head::WEIGHT), d_bias: zeros(head::BIAS) }
    }

    fn add(&mut self, part: &HeadLoss) {
        self.loss += part.losses.iter().sum::<f64>();
        self.correct += part.correct;
        self.d_weight.iter_mut().zip(&part.d_weight).for_each(|(s, p)| *s += p);
        self.d_bias.iter_mut().zip(&part.d_bias).for_each(|(s, p)| *s += p);
    }

    fn finish(self, set: &Set, images: usize, prompts: Option<PromptGradients>) -> BatchGradients {
        let Self { loss, correct, d_weight, d_bias } = self;
        let none = PromptGradients {
            prompts: vec![],
            gate: vec![],
            attention: vec![],
            weights: vec![],
        };
        let PromptGradients { prompts, gate, attention, .. } = prompts.unwrap_or(none);
        let computed = vec![(PROMPTS, prompts), (head::WEIGHT, d_weight), (head::BIAS, d_bias)];
        let learned = Gradients::in_order(set, computed);
        BatchGradients { loss: loss / images as f64, correct, learned, gate, attention }
    }
}
