//! What tuning makes small: cross-entropy, with a weight for each class and smoothed labels.

use crate::config::{ClassWeights, Config};

/// What an image should be: its label, or two of them if it is mixed of two images.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Target {
    /// The label that counts more.
    pub(crate) label: usize,
    other: usize,
    /// Of `label`, 0.5..=1.
    share: f64,
}

impl From<usize> for Target {
    fn from(label: usize) -> Self {
        Self { label, other: label, share: 1.0 }
    }
}

impl Target {
    /// Of an image that shows this share of one that is `label`, and else one that is `other`.
    pub(crate) fn mixed(label: usize, other: usize, share: f64) -> Self {
        if share < 0.5 {
            Self { label: other, other: label, share: 1.0 - share }
        } else {
            Self { label, other, share }
        }
    }

    /// A mean over its labels, by their shares, of what is computed of each.
    fn mean(&self, of: impl Fn(usize) -> f64) -> f64 {
        if self.share == 1.0 {
            return of(self.label);
        }
        self.share * of(self.label) + (1.0 - self.share) * of(self.other)
    }
}

/// The loss of an image. That of a batch is the sum over its images, divided by their number (and
/// not by the sum of their weights), as VPT (Jia et al., ECCV 2022) has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Objective {
    /// `[C]`; empty: all classes count the same.
    weights: Vec<f64>,
    /// The share of every label that is spread over all classes (Szegedy et al., CVPR 2016).
    smoothing: f64,
}

impl Objective {
    /// Cross-entropy and nothing else.
    pub(crate) const PLAIN: &'static Self = &Self { weights: Vec::new(), smoothing: 0.0 };

    /// As configured, for training images with these labels.
    pub(crate) fn of(config: &Config, classes: usize, labels: &[usize]) -> Self {
        let power = match config.class_weights() {
            ClassWeights::None => None,
            ClassWeights::Inverse => Some(-1.0),
            ClassWeights::InverseRoot => Some(-0.5),
        };
        let weights = power.map(|power| weights(classes, labels, power)).unwrap_or_default();
        Self { weights, smoothing: config.solver.label_smoothing }
    }

    /// An image's loss, from its log-probabilities `[C]`. A label that is no class has probability
    /// 0 and loss infinity.
    pub(crate) fn loss(&self, logs: &[f64], target: impl Into<Target>) -> f64 {
        target.into().mean(|label| self.loss_of_label(logs, label))
    }

    fn loss_of_label(&self, logs: &[f64], label: usize) -> f64 {
        let missed = logs.get(label).map_or(f64::INFINITY, |log| -log);
        let loss = if self.smoothing == 0.0 {
            missed
        } else {
            let all = -logs.iter().sum::<f64>() / logs.len() as f64;
            (1.0 - self.smoothing) * missed + self.smoothing * all
        };
        self.weight(label) * loss
    }

    /// The derivative of a batch's loss by the logits `[C]` of one of its images.
    pub(crate) fn d_logits(
        &self,
        logs: &[f64],
        target: impl Into<Target>,
        batch: usize,
    ) -> impl Iterator<Item = f32> {
        let (target, smoothing) = (target.into(), self.smoothing);
        let spread = smoothing / logs.len() as f64;
        logs.iter().enumerate().map(move |(c, log)| {
            let slope = |label: usize| {
                let truth = if c == label { 1.0 - smoothing + spread } else { spread };
                self.weight(label) * (log.exp() - truth) / batch as f64
            };
            target.mean(slope) as f32
        })
    }

    fn weight(&self, label: usize) -> f64 {
        self.weights.get(label).copied().unwrap_or(1.0)
    }
}

/// `C m_c^power / sum of m^power` for the `m_c` images of each class: 1 on average. Classes without
/// images are left out of it, and have weight 0.
fn weights(classes: usize, labels: &[usize], power: f64) -> Vec<f64> {
    let mut counts = vec![0_usize; classes];
    for &label in labels {
        if let Some(count) = counts.get_mut(label) {
            *count += 1;
        }
    }
    let raised = |&count: &usize| if count == 0 { 0.0 } else { (count as f64).powf(power) };
    let raised: Vec<f64> = counts.iter().map(raised).collect();
    let present = counts.iter().filter(|count| **count > 0).count() as f64;
    let sum: f64 = raised.iter().sum();
    raised.iter().map(|value| present * value / sum).collect()
}

#[cfg(test)]
mod tests;
