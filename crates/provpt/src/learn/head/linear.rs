//! The last layer of the head: a linear classifier, with its loss and gradients.

use super::HeadLoss;
use crate::learn::consistency::Anchors;
use crate::learn::objective::{Objective, Target};
use crate::math::vector::{argmax, axpy, dot, log_softmax};

/// A linear classifier, `logits = features weight^T + bias`: a view of two learned arrays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Linear<'a> {
    /// `[C, d]`.
    pub(super) weight: &'a [f32],
    /// `[C]`.
    pub(super) bias: &'a [f32],
}

impl Linear<'_> {
    /// Number of classes, C.
    pub(crate) fn classes(&self) -> usize {
        self.bias.len()
    }

    /// Feature width, d.
    pub(crate) fn width(&self) -> usize {
        self.weight.len() / self.classes().max(1)
    }

    /// Logits `[b, C]` of features `[b, d]`.
    pub(crate) fn logits(&self, features: &[f32]) -> Vec<f32> {
        self.rows(features).flat_map(|row| self.row_logits(row)).collect()
    }

    /// The loss of each image, `[b]`, for features `[b, d]` and labels `[b]`.
    pub(crate) fn losses(
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
        targets: &[impl Into<Target> + Copy],
        anchors: Anchors<'_>,
        batch: usize,
    ) -> HeadLoss {
        let (mut losses, mut correct, mut d_logits) = (Vec::new(), 0, Vec::new());
        let mut all = Vec::new();
        for (image, (row, &target)) in self.rows(features).zip(targets).enumerate() {
            let (target, logits) = (target.into(), self.row_logits(row));
            correct += usize::from(argmax(&logits) == target.label);
            let logs = log_softmax(&logits);
            let first = d_logits.len();
            d_logits.extend(objective.d_logits(&logs, target, batch));
            let pull = anchors.pull(image, &logits, &mut d_logits[first..], batch);
            losses.push(objective.loss(&logs, target) + pull);
            all.extend(logits);
        }
        let (d_features, d_weight, d_bias) = self.backward(features, &d_logits);
        HeadLoss { losses, correct, logits: all, d_features, d_weight, d_bias, hidden: Vec::new() }
    }

    /// Gradients of features `[b, d]`, weight and bias from those of the logits `[b, C]`.
    pub(super) fn backward(
        &self,
        features: &[f32],
        d_logits: &[f32],
    ) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
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
