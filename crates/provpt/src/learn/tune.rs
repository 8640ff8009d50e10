//! Tuning: one ordinary epoch of gradient steps on all that is learned.

use std::borrow::Cow;

use provpt_runs::StepRecord;
use provpt_vit::Engine;

use crate::error::Error;
use crate::learn::ahead::Batches;
use crate::learn::average::{self, Average};
use crate::learn::clip::{self, Clipping};
use crate::learn::consistency::Consistency;
use crate::learn::dropout::Dropout;
use crate::learn::ghosts::Ghosts;
use crate::learn::head::HEAD;
use crate::learn::last_losses::LastLosses;
use crate::learn::model::{BatchGradients, Model, Stepping};
use crate::learn::objective::Objective;
use crate::learn::parameters::{LOGITS, Parameters};
use crate::learn::set::Gradients;
use crate::learn::showing::Showing;
use crate::learn::source::Source;
use crate::learn::turns::block_turns;
use crate::math::optimizer::Optimizer;

/// What a run learns and by which loss, and the optimizer's memory of it.
pub(crate) struct Learner {
    pub(crate) parameters: Parameters,
    pub(crate) optimizer: Optimizer,
    pub(crate) objective: Objective,
    /// Of what is learned, if that is asked for.
    pub(crate) average: Option<Average>,
    /// Rows that learn beside the prompts and change nothing, if there are any.
    pub(crate) ghosts: Option<Ghosts>,
    /// Of logits with those of the epoch before, likewise.
    pub(crate) consistency: Option<Consistency>,
    pub(crate) last_losses: LastLosses,
}

/// Settings of one epoch.
pub(crate) struct Tuning<'a> {
    pub(crate) epoch: usize,
    /// Images in the order of the epoch.
    pub(crate) order: &'a [usize],
    pub(crate) batch_size: usize,
    /// The learning rate, given the share of the epoch that is done.
    pub(crate) lr: &'a dyn Fn(f64) -> f64,
    pub(crate) clipping: Clipping,
    pub(crate) showing: Option<Showing>,
    pub(crate) dropout: Option<Dropout>,
}

/// What an epoch of tuning came to.
#[derive(Clone, Debug)]
pub(crate) struct Tuned {
    /// Per-image mean of the losses seen while stepping.
    pub(crate) loss: f64,
    pub(crate) top1: f64,
    /// Mean over steps of the gradient's global norm before clipping.
    pub(crate) grad_norm: f64,
}

/// Hears of an epoch of tuning while it goes on.
pub(crate) trait Listener {
    /// Gradients of a batch of so many images, before they are clipped and followed.
    fn gradients(&mut self, gradients: &BatchGradients, images: usize);

    /// A step is done.
    fn step(&mut self, record: StepRecord) -> Result<(), Error>;
}

impl Learner {
    /// With nothing beside what is learned.
    pub(crate) fn new(parameters: Parameters, optimizer: Optimizer, objective: Objective) -> Self {
        let (average, ghosts, consistency) = (None, None, None);
        let last_losses = LastLosses::default();
        Self { parameters, optimizer, objective, average, ghosts, consistency, last_losses }
    }

    pub(crate) fn model<'a>(&'a self, engine: &'a Engine) -> Model<'a> {
        self.model_of(&self.parameters, engine)
    }

    /// The same with other values of what is learned.
    pub(crate) fn model_of<'a>(
        &'a self,
        parameters: &'a Parameters,
        engine: &'a Engine,
    ) -> Model<'a> {
        Model { engine, parameters, objective: &self.objective }
    }

    /// What is evaluated and kept.
    pub(crate) fn shown(&self) -> Cow<'_, Parameters> {
        average::shown(&self.parameters, self.average.as_ref())
    }

    /// A prompt leaves, and all that is remembered of it.
    pub(crate) fn remove(&mut self, prompt: usize) {
        let Some(place) = self.parameters.remove(prompt) else { return };
        for (array, row, width) in [(&*place.array, place.row, place.width), (LOGITS, prompt, 1)] {
            self.optimizer.remove_row(array, row, width);
            if let Some(average) = &mut self.average {
                average.remove_row(&self.parameters.set, array, row, width);
            }
        }
    }

    /// One epoch.
    pub(crate) fn tune(
        &mut self,
        engine: &Engine,
        source: &Source<'_>,
        tuning: &Tuning<'_>,
        listener: &mut dyn Listener,
    ) -> Result<Tuned, Error> {
        if let Some(average) = &mut self.average {
            average.follow_moves(&self.parameters, tuning.epoch);
        }
        let Tuning { order, batch_size: size, showing, .. } = *tuning;
        let batches = Batches { order, size, showing };
        let (mut loss, mut correct, mut norms, mut steps) = (0.0, 0, 0.0, 0);
        let total = order.len().div_ceil(size);
        // The listener hears of each step.
        let watch = |_, _| {};
        source.in_turn(engine, batches, watch, |batch| {
            let (mut gradients, of_ghosts) = self.gradients(engine, source, batch, tuning)?;
            if let Some(consistency) = &mut self.consistency {
                consistency.keep(batch, &gradients.logits);
            }
            listener.gradients(&gradients, batch.len());
            steps += 1;
            gradients.check(tuning.epoch, steps)?;
            let lr = (tuning.lr)((steps as f64 - 0.5) / total as f64);
            let loss_before = self.last_losses.mean(batch);
            self.last_losses.keep(batch, &gradients.losses);
            let record = self.step(&mut gradients, tuning, (steps - 1, lr));
            let record = StepRecord { images: batch.len(), loss_before, ..record };
            if let Some(ghosts) = &mut self.ghosts {
                ghosts.step(of_ghosts, lr, (tuning.clipping, record.grad_norm));
            }
            norms += record.grad_norm;
            loss += gradients.loss * batch.len() as f64;
            correct += gradients.correct;
            listener.step(record)
        })?;
        let images = order.len().max(1) as f64;
        Ok(Tuned {
            loss: loss / images,
            top1: correct as f64 / images,
            grad_norm: norms / steps.max(1) as f64,
        })
    }

    /// Of one batch, by what learns and by the ghosts beside it.
    fn gradients(
        &self,
        engine: &Engine,
        source: &Source<'_>,
        batch: &[usize],
        tuning: &Tuning<'_>,
    ) -> Result<(BatchGradients, Gradients), Error> {
        let (showing, dropout) = (tuning.showing, tuning.dropout.as_ref());
        let consistency = self.consistency.as_ref();
        let stepping = Stepping { showing, dropout, consistency };
        let of = |model: Model<'_>| model.gradients(source, batch, stepping);
        let Some(ghosts) = &self.ghosts else {
            return Ok((of(self.model(engine))?, Gradients::default()));
        };
        let joined = ghosts.beside(&self.parameters);
        let mut gradients = of(self.model_of(&joined, engine))?;
        let of_ghosts = ghosts.part(&self.parameters.set, &mut gradients.learned);
        Ok((gradients, of_ghosts))
    }

    /// Clips, then steps; what there is to record of it.
    fn step(
        &mut self,
        g: &mut BatchGradients,
        tuning: &Tuning<'_>,
        (step, lr): (usize, f64),
    ) -> StepRecord {
        let parameters = &self.parameters;
        let mut record = StepRecord {
            epoch: tuning.epoch,
            step,
            loss: g.loss,
            head_grad_norm: clip::global_norm(&g.learned.under(HEAD)),
            block_grad_norm: parameters.block_norms(|name| g.learned.of(name)),
            prompt_norm: parameters.block_norms(|name| parameters.set.values(name)),
            lr,
            ..StepRecord::default()
        };
        let before = parameters.learned_rows().into_owned();
        record.grad_norm = tuning.clipping.clip(&mut g.learned, parameters);
        self.optimizer.step(lr, self.parameters.set.updates(&g.learned));
        tuning.clipping.shorten(&mut self.parameters);
        let set = &mut self.parameters.set;
        for (name, values) in &g.running {
            set.values_mut(name).copy_from_slice(values);
        }
        if let Some(average) = &mut self.average {
            average.step(set);
        }
        if let Some(bank) = self.parameters.bank() {
            record.block_turn = block_turns(bank, &before, &self.parameters.learned_rows());
        }
        record
    }
}
