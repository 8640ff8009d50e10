//! Tuning: one ordinary epoch of gradient steps on prompts and head.

use provpt_data::Augment;
use provpt_runs::StepRecord;
use provpt_vit::Engine;

use crate::bank::PromptBank;
use crate::clip;
use crate::dropout::Dropout;
use crate::error::Error;
use crate::head::Head;
use crate::idleness::{ScoreSum, Scores};
use crate::model::{BatchGradients, Model};
use crate::optimizer::Optimizer;
use crate::source::Source;

/// What a run learns, and the optimizer's memory of it.
pub(crate) struct Learner {
    /// Absent for a linear probe.
    pub(crate) bank: Option<PromptBank>,
    pub(crate) head: Head,
    pub(crate) optimizer: Optimizer,
}

/// The optimizer's parameter groups, in this order.
pub(crate) const PROMPTS: &str = "prompts";
pub(crate) const HEAD_WEIGHT: &str = "head.weight";
pub(crate) const HEAD_BIAS: &str = "head.bias";

/// Settings of one epoch.
pub(crate) struct Tuning<'a> {
    pub(crate) epoch: usize,
    /// Images in the order of the epoch.
    pub(crate) order: &'a [usize],
    pub(crate) batch_size: usize,
    pub(crate) lr: f64,
    pub(crate) clip_norm: f64,
    pub(crate) augment: Option<Augment>,
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
    /// Scores gathered along the way, if asked for.
    pub(crate) scores: Option<Scores>,
}

impl Learner {
    /// Number of prompts, K.
    pub(crate) fn prompts(&self) -> usize {
        self.bank.as_ref().map_or(0, PromptBank::len)
    }

    /// The optimizer's groups with their numbers of parameters.
    pub(crate) fn groups(&self) -> Vec<(&'static str, usize)> {
        let prompts = self.bank.iter().map(|bank| (PROMPTS, bank.values().len()));
        let head = [(HEAD_WEIGHT, self.head.weight.len()), (HEAD_BIAS, self.head.bias.len())];
        prompts.chain(head).collect()
    }

    pub(crate) fn model<'a>(&'a self, engine: &'a Engine) -> Model<'a> {
        Model { engine, bank: self.bank.as_ref(), head: &self.head }
    }

    /// One epoch. `scores` gathers idleness on the way;
    /// `watch` hears of every step.
    pub(crate) fn tune(
        &mut self,
        engine: &Engine,
        source: &Source<'_>,
        tuning: &Tuning<'_>,
        mut scores: Option<ScoreSum>,
        mut watch: impl FnMut(StepRecord) -> Result<(), Error>,
    ) -> Result<Tuned, Error> {
        let (mut loss, mut correct, mut norms, mut steps) = (0.0, 0, 0.0, 0);
        for batch in tuning.order.chunks(tuning.batch_size) {
            let mut gradients = self.model(engine).gradients(
                source,
                batch,
                tuning.augment,
                tuning.dropout.as_ref(),
            )?;
            if let Some(scores) = &mut scores {
                scores.add(&gradients.scored(batch.len()));
            }
            steps += 1;
            if !gradients.loss.is_finite() {
                let (epoch, step) = (tuning.epoch, steps);
                return Err(Error::LossNotFinite { epoch, step, loss: gradients.loss });
            }
            let record = self.step(&mut gradients, tuning, steps - 1);
            norms += record.grad_norm;
            loss += gradients.loss * batch.len() as f64;
            correct += gradients.correct;
            watch(record)?;
        }
        let images = tuning.order.len().max(1) as f64;
        Ok(Tuned {
            loss: loss / images,
            top1: correct as f64 / images,
            grad_norm: norms / steps.max(1) as f64,
            scores: scores.and_then(|s| s.finish(self.bank.as_ref()?)),
        })
    }

    /// Clips, then steps; what there is to tell of it.
    fn step(&mut self, g: &mut BatchGradients, tuning: &Tuning<'_>, step: usize) -> StepRecord {
        let bank = self.bank.as_ref();
        let norms = |rows: &[f32]| bank.map(|bank| bank.block_norms(rows)).unwrap_or_default();
        let mut record = StepRecord {
            epoch: tuning.epoch,
            step,
            loss: g.loss,
            head_grad_norm: clip::global_norm(&[&g.d_weight, &g.d_bias]),
            block_grad_norm: norms(&g.prompts.prompts),
            prompt_norm: bank.map(|bank| norms(bank.values())).unwrap_or_default(),
            lr: tuning.lr,
            grad_norm: 0.0,
        };
        let mut parts = [&mut g.prompts.prompts[..], &mut g.d_weight, &mut g.d_bias];
        record.grad_norm = clip::clip(&mut parts, tuning.clip_norm);
        let mut groups: Vec<(&str, &mut [f32], &[f32])> = Vec::with_capacity(3);
        if let Some(bank) = &mut self.bank {
            groups.push((PROMPTS, &mut bank.values, &g.prompts.prompts));
        }
        groups.push((HEAD_WEIGHT, &mut self.head.weight, &g.d_weight));
        groups.push((HEAD_BIAS, &mut self.head.bias, &g.d_bias));
        self.optimizer.step(tuning.lr, &mut groups);
        record
    }
}
