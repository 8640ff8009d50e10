//! Backbone and learned parameters together: features, losses, and gradients of one batch.

use std::ops::Range;

use provpt_vit::{Engine, Gradients as Computed, Images, PromptMask, Tuned};

use crate::error::Error;
use crate::learn::bank::PromptBank;
use crate::learn::consistency::{Anchors, Consistency};
use crate::learn::dropout::{Dropout, Mask};
use crate::learn::drops::Drops;
use crate::learn::head::{self, Head, HeadDropout, HeadLoss, HiddenGradients};
use crate::learn::objective::Objective;
use crate::learn::parameters::Parameters;
use crate::learn::prefix::Batch;
use crate::learn::set::{Gradients, Set};
use crate::learn::showing::Showing;
use crate::learn::source::Source;

/// What is evaluated or trained at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Model<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) parameters: &'a Parameters,
    /// What gradients are of, and removing a prompt changes.
    pub(crate) objective: &'a Objective,
}

/// How a training step differs from evaluation.
#[derive(Clone, Copy, Default)]
pub(crate) struct Stepping<'a> {
    pub(crate) showing: Option<Showing>,
    pub(crate) dropout: Option<&'a Dropout>,
    pub(crate) consistency: Option<&'a Consistency>,
}

/// Gradients of the mean loss of one batch.
#[derive(Clone, Debug, Default)]
pub(crate) struct BatchGradients {
    /// Mean loss.
    pub(crate) loss: f64,
    /// `[b]`: the loss of each image.
    pub(crate) losses: Vec<f64>,
    /// Images whose largest logit is their label's.
    pub(crate) correct: usize,
    /// `[b, C]`, as training sees the images.
    pub(crate) logits: Vec<f32>,
    /// By all that is learned.
    pub(crate) learned: Gradients,
    /// What running statistics of the head become if the gradients are followed, by name.
    pub(crate) running: Vec<(String, Vec<f32>)>,
    /// `[K]`: by a gate on each prompt's value. Empty without prompts.
    pub(crate) gate: Vec<f32>,
    /// `[K]`: by a gate on each prompt's attention mass, and on that of ghosts behind them. Empty
    /// without prompts.
    pub(crate) attention: Vec<f32>,
}

impl BatchGradients {
    /// Refuses a loss that is no number, of a step that counts from 1.
    pub(crate) fn check(&self, epoch: usize, step: usize) -> Result<(), Error> {
        match self.loss {
            loss if loss.is_finite() => Ok(()),
            loss => Err(Error::LossNotFinite { epoch, step, loss }),
        }
    }
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
        self.features_of(source, indices, None, None)
    }

    fn features_of(
        &self,
        source: &Source<'_>,
        indices: &[usize],
        showing: Option<Showing>,
        mask: Option<&dyn PromptMask>,
    ) -> Result<Vec<f32>, Error> {
        if self.parameters.is_bare() {
            return source.bare_features(self.engine, indices, showing);
        }
        self.with_tuned(|tuned| {
            let batch =
                source.batch(self.engine, self.whole_entry(tuned, showing)?, indices, showing)?;
            let drops = showing.and_then(|showing| showing.drops(indices));
            self.features_by(batch.images(), tuned, (mask, drops))
        })
    }

    fn features_by(
        &self,
        images: Images<'_>,
        tuned: &Tuned<'_>,
        (mask, drops): (Option<&dyn PromptMask>, Option<Drops<'_>>),
    ) -> Result<Vec<f32>, Error> {
        Ok(match (mask, drops) {
            (None, None) => self.engine.features(images, tuned)?,
            (Some(mask), _) => self.engine.masked_features(images, tuned, mask)?,
            (None, Some(drops)) => self.engine.dropped_features(images, tuned, &drops)?,
        })
    }

    /// What is learned, as the engine takes it.
    pub(crate) fn with_tuned<T>(&self, work: impl FnOnce(&Tuned<'_>) -> T) -> T {
        let weights = self.parameters.weights();
        let rows = self.parameters.rows();
        work(&Tuned { prompts: self.parameters.prompts(&rows), weights: &weights })
    }

    /// Where images may enter the network: see [`Tuned::last_entry`].
    pub(crate) fn entry(&self, tuned: &Tuned<'_>) -> Result<Option<usize>, Error> {
        Ok(tuned.last_entry(self.engine.architecture())?)
    }

    /// The same where values may be dropped: in front of the first of them.
    fn whole_entry(
        &self,
        tuned: &Tuned<'_>,
        showing: Option<Showing>,
    ) -> Result<Option<usize>, Error> {
        let entry = self.entry(tuned)?;
        let Some(rates) = showing.and_then(|showing| showing.drop_rates()) else {
            return Ok(entry);
        };
        Ok(entry.zip(rates.last_entry()).map(|(entry, whole)| entry.min(whole)))
    }

    /// Forward and backward over the images at `indices`, as a training step sees them, or as
    /// evaluation does.
    pub(crate) fn gradients(
        &self,
        source: &Source<'_>,
        indices: &[usize],
        stepping: Stepping<'_>,
    ) -> Result<BatchGradients, Error> {
        let Stepping { showing, dropout, consistency } = stepping;
        let rows = consistency.map(|consistency| consistency.rows(indices)).unwrap_or_default();
        let anchors = consistency.map_or(Anchors::NONE, |c| c.anchors(&rows));
        let staged = self.parameters.bank.as_ref().filter(|bank| bank.stages.is_some());
        let shared = staged.map(PromptBank::block_of);
        let mask = dropout.map(|&dropout| Mask { dropout, indices, shared });
        let mask = mask.as_ref().map(|mask| mask as &dyn PromptMask);
        let learns = self.parameters.learns_beside_head();
        if self.head().has_hidden() || !learns {
            return self.gradients_by_features(source, indices, showing, (mask, anchors));
        }
        let (head, objective) = (self.head(), self.objective);
        let targets = source.targets(indices, showing);
        let (computed, parts) = self.with_tuned(|tuned| -> Result<_, Error> {
            let batch =
                source.batch(self.engine, self.whole_entry(tuned, showing)?, indices, showing)?;
            let drops = showing.and_then(|showing| showing.drops(indices));
            self.through(&batch, tuned, (mask, drops), |range, features| {
                let (own, near) = (&targets[range.clone()], anchors.part(range));
                let mut loss = head.loss(objective, features, own, near, targets.len());
                (std::mem::take(&mut loss.d_features), loss)
            })
        })?;
        let mut sum = HeadSum::new(&self.parameters.set);
        parts.into_iter().for_each(|part| sum.add(part));
        Ok(sum.finish(self.parameters, targets.len(), Some(computed)))
    }

    /// Forward and backward through the engine, with what is dropped of prompts or in the backbone.
    fn through<T: Send>(
        &self,
        batch: &Batch,
        tuned: &Tuned<'_>,
        (mask, drops): (Option<&dyn PromptMask>, Option<Drops<'_>>),
        loss: impl Fn(Range<usize>, &[f32]) -> (Vec<f32>, T) + Sync,
    ) -> Result<(Computed, Vec<T>), Error> {
        let images = batch.images();
        Ok(match drops {
            None => self.engine.gradients(images, tuned, mask, loss)?,
            Some(drops) => self.engine.dropped_gradients(images, tuned, &drops, loss)?,
        })
    }

    /// The same for a head that sees a batch as a whole, or that learns alone: features first, then
    /// the head, then the way back, if anything learns there. Prompts that stay as they are have no
    /// gradient, lest it count in clipping.
    fn gradients_by_features(
        &self,
        source: &Source<'_>,
        indices: &[usize],
        showing: Option<Showing>,
        (mask, anchors): (Option<&dyn PromptMask>, Anchors<'_>),
    ) -> Result<BatchGradients, Error> {
        let targets = source.targets(indices, showing);
        let dropout = showing.map(|showing| HeadDropout {
            seed: showing.augment.seed,
            epoch: showing.augment.epoch,
            indices,
            drops: true,
        });
        let head_loss = |features: &[f32]| {
            let (head, dropout) = (self.head(), dropout.as_ref());
            head.loss_of_batch(self.objective, features, &targets, anchors, dropout)
        };
        let (loss, computed) = if self.parameters.learns_beside_head() {
            self.with_tuned(|tuned| -> Result<_, Error> {
                let batch = source.batch(
                    self.engine,
                    self.whole_entry(tuned, showing)?,
                    indices,
                    showing,
                )?;
                let drops = || showing.and_then(|showing| showing.drops(indices));
                let features = self.features_by(batch.images(), tuned, (mask, drops()))?;
                let loss = head_loss(&features);
                let d = self.engine.architecture().width;
                let slope = |range: Range<usize>, _: &[f32]| {
                    (loss.d_features[range.start * d..range.end * d].to_vec(), ())
                };
                let (computed, _) = self.through(&batch, tuned, (mask, drops()), slope)?;
                Ok((loss, Some(computed)))
            })?
        } else {
            (head_loss(&self.features_of(source, indices, showing, mask)?), None)
        };
        let mut sum = HeadSum::new(&self.parameters.set);
        sum.add(loss);
        Ok(sum.finish(self.parameters, targets.len(), computed))
    }
}

/// Adds up the head's side over chunks, in order.
#[derive(Default)]
struct HeadSum {
    loss: f64,
    losses: Vec<f64>,
    correct: usize,
    logits: Vec<f32>,
    d_weight: Vec<f32>,
    d_bias: Vec<f32>,
    /// Of heads with hidden layers, whose batches are one chunk.
    hidden: Vec<HiddenGradients>,
}

impl HeadSum {
    fn new(set: &Set) -> Self {
        let zeros = |name| vec![0.0; set.values(name).len()];
        let (d_weight, d_bias) = (zeros(head::WEIGHT), zeros(head::BIAS));
        Self { d_weight, d_bias, ..Self::default() }
    }

    fn add(&mut self, part: HeadLoss) {
        self.loss += part.losses.iter().sum::<f64>();
        self.losses.extend(part.losses);
        self.correct += part.correct;
        self.logits.extend(part.logits);
        self.d_weight.iter_mut().zip(&part.d_weight).for_each(|(s, p)| *s += p);
        self.d_bias.iter_mut().zip(&part.d_bias).for_each(|(s, p)| *s += p);
        self.hidden = part.hidden;
    }

    fn finish(
        self,
        parameters: &Parameters,
        images: usize,
        computed: Option<Computed>,
    ) -> BatchGradients {
        let Self { loss, losses, correct, logits, d_weight, d_bias, hidden } = self;
        let own = |name: &str| name.to_owned();
        let mut learned = vec![(own(head::WEIGHT), d_weight), (own(head::BIAS), d_bias)];
        let mut running = Vec::new();
        for (layer, gradients) in hidden.into_iter().enumerate() {
            let [weight, bias, scale, shift, mean, var] =
                Head::hidden_arrays(layer, 0).map(|(name, ..)| name);
            learned.extend([weight, bias, scale, shift].into_iter().zip(gradients.arrays));
            running.extend([mean, var].into_iter().zip(gradients.running.into_iter().flatten()));
        }
        let (mut gate, mut attention) = (Vec::new(), Vec::new());
        if let Some(computed) = computed {
            learned.extend(parameters.prompt_gradients(computed.prompts, &computed.attention));
            let names = parameters.thawed().map(|param| own(&param.name));
            learned.extend(names.zip(computed.weights));
            (gate, attention) = (computed.gate, computed.attention);
        }
        let learned = Gradients::in_order(&parameters.set, learned);
        let loss = loss / images as f64;
        BatchGradients { loss, losses, correct, logits, learned, running, gate, attention }
    }
}
