//! Tuning: one ordinary epoch of gradient steps on all that is learned.

use provpt_runs::StepRecord;
use provpt_vit::Engine;

use crate::error::Error;
use crate::learn::clip;
use crate::learn::dropout::Dropout;
use crate::learn::head::HEAD;
use crate::learn::model::{BatchGradients, Model};
use crate::learn::objective::Objective;
use crate::learn::parameters::Parameters;
use crate::learn::showing::Showing;
use crate::learn::source::Source;
use crate::math::optimizer::Optimizer;

/// What a run learns and by which loss, and the optimizer's memory of it.
pub(crate) struct Learner {
    pub(crate) parameters: Parameters,
    pub(crate) optimizer: Optimizer,
    pub(crate) objective: Objective,
}

/// Settings of one epoch.
pub(crate) struct Tuning<'a> {
    pub(crate) epoch: usize,
    /// Images in the order of the epoch.
    pub(crate) order: &'a [usize],
    pub(crate) batch_size: usize,
    pub(crate) lr: f64,
    pub(crate) clip_norm: f64,
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
    pub(crate) fn model<'a>(&'a self, engine: &'a Engine) -> Model<'a> {
        Model { engine, parameters: &self.parameters, objective: &self.objective }
    }

    /// One epoch.
    pub(crate) fn tune(
        &mut self,
        engine: &Engine,
        source: &Source<'_>,
        tuning: &Tuning<'_>,
        listener: &mut dyn Listener,
    ) -> Result<Tuned, Error> {
        let (mut loss, mut correct, mut norms, mut steps) = (0.0, 0, 0.0, 0);
        for batch in tuning.order.chunks(tuning.batch_size) {
            let mut gradients = self.model(engine).gradients(
                source,
                batch,
                tuning.showing,
                tuning.dropout.as_ref(),
            )?;
            listener.gradients(&gradients, batch.len());
            steps += 1;
            if !gradients.loss.is_finite() {
                let (epoch, step) = (tuning.epoch, steps);
                return Err(Error::LossNotFinite { epoch, step, loss: gradients.loss });
            }
            let record = self.step(&mut gradients, tuning, steps - 1);
            norms += record.grad_norm;
            loss += gradients.loss * batch.len() as f64;
            correct += gradients.correct;
            listener.step(record)?;
        }
        let images = tuning.order.len().max(1) as f64;
        Ok(Tuned {
            loss: loss / images,
            top1: correct as f64 / images,
            grad_norm: norms / steps.max(1) as f64,
        })
    }

    /// Clips, then steps; what there is to record of it.
    fn step(&mut self, g: &mut BatchGradients, tuning: &Tuning<'_>, step: usize) -> StepRecord {
        let parameters = &self.parameters;
        let mut record = StepRecord {
            epoch: tuning.epoch,
            step,
            loss: g.loss,
            head_grad_norm: clip::global_norm(&g.learned.under(HEAD)),
            block_grad_norm: parameters.block_norms(|name| g.learned.of(name)),
            prompt_norm: parameters.block_norms(|name| parameters.set.values(name)),
            lr: tuning.lr,
            grad_norm: 0.0,
        };
        record.grad_norm = clip::clip(g.learned.iter_mut().collect(), tuning.clip_norm);
        let set = &mut self.parameters.set;
        self.optimizer.step(tuning.lr, set.updates(&g.learned));
        for (name, values) in &g.running {
            set.values_mut(name).copy_from_slice(values);
        }
        record
    }
}
