//! The head: a classifier on the backbone's features, linear or with hidden layers.

mod hidden;
mod linear;
mod means;

use std::borrow::Cow;

use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

use crate::learn::consistency::Anchors;
use crate::learn::objective::{Objective, Target};
use crate::learn::set::{Param, Set};
pub(crate) use hidden::{HeadDropout, HiddenGradients};
use hidden::{Hidden, Mode};
use linear::Linear;
use provpt_base::Stream;

/// Every class starts at odds of 1 to 99: the bias is -ln(99).
const INITIAL_ODDS: f32 = 99.0;

/// What the names of the head's arrays begin with.
pub(crate) const HEAD: &str = "head.";
/// `[C, d]`.
pub(crate) const WEIGHT: &str = "head.weight";
/// `[C]`.
pub(crate) const BIAS: &str = "head.bias";

/// Hidden layers, if any, and a linear classifier: a view of learned arrays.
#[derive(Clone, Debug, PartialEq)]
pub struct Head<'a> {
    hidden: Vec<Hidden<'a>>,
    last: Linear<'a>,
}

/// Losses of some images of a batch, and their share of the gradients of the batch's mean loss.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HeadLoss {
    /// `[b]`: the loss of each image.
    pub(crate) losses: Vec<f64>,
    /// Images whose largest logit is their label's.
    pub(crate) correct: usize,
    /// `[b, C]`.
    pub(crate) logits: Vec<f32>,
    /// `[b, d]`.
    pub(crate) d_features: Vec<f32>,
    /// `[C, d]`.
    pub(crate) d_weight: Vec<f32>,
    /// `[C]`.
    pub(crate) d_bias: Vec<f32>,
    /// Of the hidden layers, the first of them first.
    pub(crate) hidden: Vec<HiddenGradients>,
}

impl<'a> Head<'a> {
    /// The head among what a run learns.
    pub(crate) fn of(set: &'a Set) -> Self {
        let last = Linear { weight: set.values(WEIGHT), bias: set.values(BIAS) };
        Self { hidden: (0..).map_while(|layer| Hidden::of(set, layer)).collect(), last }
    }

    /// The arrays of a new head with so many hidden layers: weights from N(0, 2 / outputs) (Kaiming
    /// et al., ICCV 2015, fan out), biases of the last layer `-ln(99)`, as VPT (Jia et al., ECCV
    /// 2022) starts.
    pub(crate) fn init(
        classes: usize,
        width: usize,
        hidden: usize,
        rng: &mut Stream,
    ) -> Vec<Param> {
        let last = Self::arrays(
            classes,
            kaiming(classes, classes * width, rng),
            vec![-INITIAL_ODDS.ln(); classes],
        );
        let hidden: Vec<Param> =
            (0..hidden).flat_map(|layer| Hidden::init(layer, width, rng)).collect();
        hidden.into_iter().chain(last).collect()
    }

    /// The arrays of a linear head with these values.
    pub(crate) fn arrays(classes: usize, weight: Vec<f32>, bias: Vec<f32>) -> [Param; 2] {
        let width = weight.len() / classes.max(1);
        [Param::new(WEIGHT, &[classes, width], weight), Param::new(BIAS, &[classes], bias)]
    }

    /// The arrays of a hidden layer, with their sizes, and whether they learn.
    pub(crate) fn hidden_arrays(layer: usize, width: usize) -> [(String, Vec<usize>, bool); 6] {
        hidden::arrays(layer, width)
    }

    /// Number of classes, C.
    pub fn classes(&self) -> usize {
        self.last.classes()
    }

    /// Feature width, d.
    pub fn width(&self) -> usize {
        self.last.width()
    }

    /// Whether there are hidden layers: then images of a training batch see each other.
    pub(crate) fn has_hidden(&self) -> bool {
        !self.hidden.is_empty()
    }

    /// Logits `[b, C]` of features `[b, d]`.
    pub fn logits(&self, features: &[f32]) -> Vec<f32> {
        self.last.logits(&self.top(features))
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
        self.last.losses(objective, &self.top(features), labels)
    }

    /// What the last layer sees, as evaluation has it.
    fn top<'f>(&self, features: &'f [f32]) -> Cow<'f, [f32]> {
        let layer = |x: Cow<'f, [f32]>, hidden: &Hidden<'_>| {
            Cow::Owned(hidden.forward(&x, &Mode::Running).output)
        };
        self.hidden.iter().fold(Cow::Borrowed(features), layer)
    }

    /// Forward and backward over features `[b, d]` that are part of a batch of `batch` images, for
    /// a head without hidden layers: the gradients are those of the mean loss of the whole batch.
    pub(crate) fn loss(
        &self,
        objective: &Objective,
        features: &[f32],
        targets: &[impl Into<Target> + Copy],
        anchors: Anchors<'_>,
        batch: usize,
    ) -> HeadLoss {
        self.last.loss(objective, features, targets, anchors, batch)
    }

    /// The same for any head and a whole batch. `dropout` is that of a training step, in which the
    /// hidden layers normalize by the batch; without it all is as in evaluation.
    pub(crate) fn loss_of_batch(
        &self,
        objective: &Objective,
        features: &[f32],
        targets: &[impl Into<Target> + Copy],
        anchors: Anchors<'_>,
        dropout: Option<&HeadDropout<'_>>,
    ) -> HeadLoss {
        let (mut passes, mut x) = (Vec::new(), Cow::Borrowed(features));
        for (layer, hidden) in self.hidden.iter().enumerate() {
            let mode = match dropout {
                // One image has no spread to be normalized by.
                Some(dropout) if targets.len() > 1 => Mode::Batch { dropout, layer },
                _ => Mode::Running,
            };
            let mut pass = hidden.forward(&x, &mode);
            let output = std::mem::take(&mut pass.output);
            passes.push((std::mem::replace(&mut x, Cow::Owned(output)), pass));
        }
        let mut out = self.last.loss(objective, &x, targets, anchors, targets.len());
        for (hidden, (x, pass)) in self.hidden.iter().zip(&passes).rev() {
            let gradients = hidden.backward(x, pass, &mut out.d_features);
            out.hidden.push(gradients);
        }
        out.hidden.reverse();
        out
    }
}

/// `count` values from N(0, 2 / outputs).
fn kaiming(outputs: usize, count: usize, rng: &mut Stream) -> Vec<f32> {
    let std = (2.0 / outputs as f32).sqrt();
    let normal = StandardNormal.map(|x: f32| x * std);
    rng.sample_iter(normal).take(count).collect()
}
