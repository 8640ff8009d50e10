//! Backbone, prompts and head together: logits, losses, and gradients of one batch.

use provpt_data::Augment;
use provpt_vit::{Engine, Gradients, PromptMask};

use crate::bank::PromptBank;
use crate::dropout::{Dropout, Mask};
use crate::error::Error;
use crate::head::Head;
use crate::source::Source;

/// What is evaluated or trained at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Model<'a> {
    pub(crate) engine: &'a Engine,
    /// Absent for a linear probe.
    pub(crate) bank: Option<&'a PromptBank>,
    pub(crate) head: &'a Head,
}

/// Gradients of the mean loss of one batch.
pub(crate) struct BatchGradients {
    /// Mean loss.
    pub(crate) loss: f64,
    /// Images whose largest logit is their label's.
    pub(crate) correct: usize,
    pub(crate) d_weight: Vec<f32>,
    pub(crate) d_bias: Vec<f32>,
    /// Empty for a linear probe.
    pub(crate) prompts: Gradients,
}

impl Model<'_> {
    /// Features `[n, d]` of some images, as evaluation sees them.
    pub(crate) fn features(
        &self,
        source: &Source<'_>,
        indices: &[usize],
    ) -> Result<Vec<f32>, Error> {
        match self.bank {
            None => source.bare_features(self.engine, indices, None),
            Some(bank) => {
                let batch = source.batch(self.engine, bank.first_block(), indices, None)?;
                Ok(self.engine.features(batch.images(), &bank.prompts())?)
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
        let labels = source.labels(indices);
        let mut sum = Sum::new(self.head);
        let Some(bank) = self.bank else {
            let features = source.bare_features(self.engine, indices, augment)?;
            sum.add(&self.head.loss(&features, &labels, labels.len()));
            let none = Gradients { prompts: vec![], gate: vec![], attention: vec![] };
            return Ok(sum.finish(labels.len(), none));
        };
        let batch = source.batch(self.engine, bank.first_block(), indices, augment)?;
        let mask = dropout.map(|&dropout| Mask { dropout, indices });
        let mask = mask.as_ref().map(|mask| mask as &dyn PromptMask);
        let (prompts, parts) =
            self.engine.gradients(batch.images(), &bank.prompts(), mask, |range, features| {
                let mut loss = self.head.loss(features, &labels[range], labels.len());
                (std::mem::take(&mut loss.d_features), loss)
            })?;
        parts.iter().for_each(|part| sum.add(part));
        Ok(sum.finish(labels.len(), prompts))
    }
}

/// Adds up the head's side over chunks, in order.
struct Sum {
    loss: f64,
    correct: usize,
    d_weight: Vec<f32>,
    d_bias: Vec<f32>,
}

impl Sum {
    fn new(head: &Head) -> Self {
        Self {
            loss: 0.0,
            correct: 0,
            d_weight: vec![0.0; head.weight.len()],
            d_bias: vec![0.0; head.bias.len()],
        }
    }

    fn add(&mut self, part: &crate::head::HeadLoss) {
        self.loss += part.losses.iter().sum::<f64>();
        self.correct += part.correct;
        self.d_weight.iter_mut().zip(&part.d_weight).for_each(|(s, p)| *s += p);
        self.d_bias.iter_mut().zip(&part.d_bias).for_each(|(s, p)| *s += p);
    }

    fn finish(self, images: usize, prompts: Gradients) -> BatchGradients {
        let Self { loss, correct, d_weight, d_bias } = self;
        BatchGradients { loss: loss / images as f64, correct, d_weight, d_bias, prompts }
    }
}
