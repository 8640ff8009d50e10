//! The head: a linear classifier on the backbone's features, with its loss and gradients.

use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

use crate::learn::objective::Objective;
use crate::learn::set::{Param, Set};
use crate::math::vector::{argmax, axpy, dot, log_softmax};
use provpt_base::Stream;

/// Every class starts at odds of 1 to 99: the bias is -ln(99).
const INITIAL_ODDS: f32 = 99.0;

/// What the names of the head's arrays begin with.
pub(crate) const HEAD: &str = "head.";
/// `[C, d]`.
pub(crate) const WEIGHT: &str = "head.weight";
/// `[C]`.
pub(crate) const BIAS: &str = "head.bias";

/// A linear classifier, `logits = features weight^T + bias`: a view of two learned arrays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Head<'a> {
    /// `[C, d]`.
    weight: &'a [f32],
    /// `[C]`.
    bias: &'a [f32],
}

/// Losses of some images of a batch, and their share of the gradients of the batch's mean loss.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HeadLoss {
    /// `[b]`: the loss of each image.
    pub(crate) losses: Vec<f64>,
    /// Images whose largest logit is their label's.
    pub(crate) correct: usize,
    /// `[b, d]`.
    pub(crate) d_features: Vec<f32>,
    /// `[C, d]`.
    pub(crate) d_weight: Vec<f32>,
    /// `[C]`.
    pub(crate) d_bias: Vec<f32>,
}

impl<'a> Head<'a> {
    /// The head among what a run learns.
    pub(crate) fn of(set: &'a Set) -> Self {
        Self { weight: set.values(WEIGHT), bias: set.values(BIAS) }
    }

    /// The arrays of a new head: weights from N(0, 2 / C) (Kaiming et al., ICCV 2015, fan out),
    /// biases `-ln(99)`, as VPT (Jia et al., ECCV 2022) starts.
    pub(crate) fn init(classes: usize, width: usize, rng: &mut Stream) -> [Param; 2] {
        let std = (2.0 / classes as f32).sqrt();
        let normal = StandardNormal.map(|x: f32| x * std);
        let weight = rng.sample_iter(normal).take(classes * width).collect();
        Self::arrays(classes, weight, vec![-INITIAL_ODDS.ln(); classes])
    }

    /// The arrays of a head with these values.
    pub(crate) fn arrays(classes: usize, weight: Vec<f32>, bias: Vec<f32>) -> [Param; 2] {
        let width = weight.len() / classes.max(1);
        [Param::new(WEIGHT, &[classes, width], weight), Param::new(BIAS, &[classes], bias)]
    }

    /// Number of classes, C.
    pub fn classes(&self) -> usize {
        self.bias.len()
    }

    /// Feature width, d.
    pub fn width(&self) -> usize {
        self.weight.len() / self.classes().max(1)
    }

    /// Logits `[b, C]` of features `[b, d]`.
    pub fn logits(&self, features: &[f32]) -> Vec<f32> {
        self.rows(features).flat_map(|row| self.row_logits(row)).collect()
    }

    /// Cross-entropy of each image, `[b]`, for features `[b, d]` and labels `[b]`. A label that is
    /// no class has probability 0 and loss infinity.
    pub fn losses(&self, features: &[f32], labels: &[usize]) -> Vec<f64> {
        self.losses_by(Objective::PLAIN, features, labels)
    }

    /// The loss of each image, `[b]`, as tuning sees it.
    pub(crate) fn losses_by(
        &self,
        objective: &Objective,
        features: &[f32],
        labels: &[usize],
    ) -> Vec<f64> {
        let rows = self.rows(features).zip(labels);
        let loss = |row, label| objective.loss(&log_softmax(&self.row_logits(row)), label);
        rows.map(|(row, &label)| loss(row, label)).collect()
    }

    /// Forward and backward over features `[b, d]` that are part of a batch of `batch` images:
    /// the gradients are those of the mean loss of the whole batch.
    pub(crate) fn loss(
        &self,
        objective: &Objective,
        features: &[f32],
        labels: &[usize],
        batch: usize,
    ) -> HeadLoss {
        let (mut losses, mut correct, mut d_logits) = (Vec::new(), 0, Vec::new());
        for (row, &label) in self.rows(features).zip(labels) {
            let logits = self.row_logits(row);
            correct += usize::from(argmax(&logits) == label);
            let logs = log_softmax(&logits);
            losses.push(objective.loss(&logs, label));
            d_logits.extend(objective.d_logits(&logs, label, batch));
        }
        let (d_features, d_weight, d_bias) = self.backward(features, &d_logits);
        HeadLoss { losses, correct, d_features, d_weight, d_bias }
    }

    /// Gradients of features `[b, d]`, weight and bias from those of the logits `[b, C]`.
    fn backward(&self, features: &[f32], d_logits: &[f32]) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
        let mut d_features = vec![0.0; features.len()];
        let mut d_weight = vec![0.0; self.weight.len()];
        let mut d_bias = vec![0.0; self.bias.len()];
        let width = self.width().max(1);
        let images = features.chunks_exact(width).zip(d_features.chunks_exact_mut(width));
        for ((row, d_row), d_logits) in images.zip(d_logits.chunks_exact(d_bias.len().max(1))) {
            let classes = self.rows(self.weight).zip(d_weight.chunks_exact_mut(width));
            for ((weight, d_weight), &d_logit) in classes.zip(d_logits) {
                axpy(d_row, d_logit, weight);
                axpy(d_weight, d_logit, row);
            }
            axpy(&mut d_bias, 1.0, d_logits);
        }
        (d_features, d_weight, d_bias)
    }

    fn rows<'f>(&self, features: &'f [f32]) -> std::slice::ChunksExact<'f, f32> {
        features.chunks_exact(self.width().max(1))
    }

    fn row_logits(&self, row: &[f32]) -> Vec<f32> {
        self.rows(self.weight).zip(self.bias).map(|(w, bias)| dot(w, row) + bias).collect()
    }
}

#[cfg(test)]
mod tests;
