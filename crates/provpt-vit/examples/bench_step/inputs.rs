//! What a step works on: images, prompts, and a head with its loss.

use std::ops::Range;
use std::path::Path;

use provpt_vit::bench::Floor;
use provpt_vit::{Architecture, Engine, Placement, Precision, Prompts};
use safetensors::SafeTensors;

use crate::Fallible;

pub(crate) struct Inputs {
    images: Vec<f32>,
    prompts: Vec<f32>,
    block_of: Vec<usize>,
    weight: Vec<f32>,
    bias: Vec<f32>,
    labels: Vec<usize>,
}

/// The head's results for some images.
#[derive(Default)]
pub(crate) struct HeadPart {
    pub(crate) logits: Vec<f32>,
    pub(crate) d_weight: Vec<f32>,
    pub(crate) d_bias: Vec<f32>,
}

impl Inputs {
    pub(crate) fn read(path: &Path, a: &Architecture) -> Fallible<Self> {
        let bytes = fs_err::read(path)?;
        let file = SafeTensors::deserialize(&bytes)?;
        let f32s = |name| -> Fallible<Vec<f32>> {
            let tensor = file.tensor(name)?;
            Ok(tensor.data().as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect())
        };
        let labels = file.tensor("labels")?.data().as_chunks().0.iter();
        let labels = labels.map(|b| usize::try_from(i64::from_le_bytes(*b)));
        let prompts = f32s("prompts")?;
        let widths: usize = (0..a.depth).map(|block| a.block_width(block)).sum();
        let rows = prompts.len() / widths;
        Ok(Self {
            images: f32s("images")?,
            prompts,
            block_of: (0..a.depth).flat_map(|block| vec![block; rows]).collect(),
            weight: f32s("weight")?,
            bias: f32s("bias")?,
            labels: labels.collect::<Result<_, _>>()?,
        })
    }

    pub(crate) fn images(&self) -> &[f32] {
        &self.images
    }

    pub(crate) fn prompts(&self) -> Prompts<'_> {
        let placement = Placement::Deep;
        Prompts { values: &self.prompts, block_of: &self.block_of, placement, logits: &[] }
    }

    /// The matrix products of a step on these inputs.
    pub(crate) fn floor(
        &self,
        engine: &Engine,
        threads: usize,
        precision: Precision,
    ) -> Fallible<Floor> {
        let a = engine.architecture();
        let prompts = self.block_of.len() / a.depth;
        Ok(Floor::new(a, prompts, self.labels.len(), threads, precision)?)
    }

    fn width(&self) -> usize {
        self.weight.len() / self.bias.len()
    }

    /// Logits `[n, C]` of features `[n, d]`.
    pub(crate) fn logits(&self, features: &[f32]) -> Vec<f32> {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let row = |row| {
            let weights = self.weight.chunks_exact(self.width()).zip(&self.bias);
            weights.map(move |(weight, bias)| dot(row, weight) + bias)
        };
        features.chunks_exact(self.width()).flat_map(row).collect()
    }

    /// The gradient of the batch's mean cross-entropy: of the features `[n, d]`, and the head's.
    pub(crate) fn loss(&self, images: Range<usize>, features: &[f32]) -> (Vec<f32>, HeadPart) {
        let (d, c) = (self.width(), self.bias.len());
        let mut d_features = vec![0.0; features.len()];
        let (d_weight, d_bias) = (vec![0.0; c * d], vec![0.0; c]);
        let mut part = HeadPart { logits: self.logits(features), d_weight, d_bias };
        let rows = features.chunks_exact(d).zip(d_features.chunks_exact_mut(d));
        for (i, (row, d_row)) in rows.enumerate() {
            let logits = &part.logits[i * c..(i + 1) * c];
            let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let sum: f32 = logits.iter().map(|l| (l - max).exp()).sum();
            for (class, logit) in logits.iter().enumerate() {
                let truth = f32::from(u8::from(self.labels[images.start + i] == class));
                let grad = ((logit - max).exp() / sum - truth) / self.labels.len() as f32;
                let own = class * d..(class + 1) * d;
                add(d_row, grad, &self.weight[own.clone()]);
                add(&mut part.d_weight[own], grad, row);
                part.d_bias[class] += grad;
            }
        }
        (d_features, part)
    }
}

/// `sum += factor * values`.
pub(crate) fn add(sum: &mut [f32], factor: f32, values: &[f32]) {
    sum.iter_mut().zip(values).for_each(|(s, v)| *s += factor * v);
}
