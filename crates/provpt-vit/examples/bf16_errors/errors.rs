//! How far a step in bf16 is from the same step in f32.

use std::f32::consts::TAU;
use std::ops::Range;

use provpt_vit::{Architecture, Backbone, Engine, Error, Placement, Precision, Prompts};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// Classes of the random head.
const CLASSES: usize = 10;

/// Differences of a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Errors {
    /// Of features, relative, by the Euclidean norm.
    pub(crate) features: f64,
    /// Of all gradients of prompts.
    pub(crate) gradients: f64,
    /// The cosine of all gradients, and of the one prompt whose gradients differ most.
    pub(crate) cosine: f64,
    pub(crate) worst_cosine: f64,
    /// Rank correlations of both scores of idleness.
    pub(crate) gate: f64,
    pub(crate) attention: f64,
}

/// Features and gradients of a step.
pub(crate) struct Step {
    pub(crate) features: Vec<f32>,
    pub(crate) prompts: Vec<f32>,
    gate: Vec<f32>,
    attention: Vec<f32>,
}

/// Images, prompts in every block, and a head with labels.
pub(crate) struct Inputs {
    images: Vec<f32>,
    prompts: Vec<f32>,
    block_of: Vec<usize>,
    /// `[C, d]`.
    head: Vec<f32>,
    count: usize,
}

impl Inputs {
    pub(crate) fn draw(a: &Architecture, count: usize, prompts: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let mut uniform = |len: usize, spread: f32| -> Vec<f32> {
            (0..len).map(|_| rng.random_range(-spread..spread)).collect()
        };
        let spread = (6.0 / (a.patch_values() + a.width) as f32).sqrt();
        let planes: Vec<Vec<f32>> = (0..3 * count).map(|_| uniform(4 * 3, 1.0)).collect();
        Self {
            images: planes.iter().flat_map(|waves| plane(a.image_size, waves)).collect(),
            prompts: uniform(a.depth * prompts * a.width, spread),
            block_of: (0..a.depth * prompts).map(|row| row / prompts).collect(),
            head: uniform(CLASSES * a.width, (3.0 / a.width as f32).sqrt()),
            count,
        }
    }

    pub(crate) fn step(&self, engine: &Engine) -> Result<Step, Error> {
        let placement = Placement::Deep;
        let prompts =
            Prompts { values: &self.prompts, block_of: &self.block_of, placement, logits: &[] };
        let loss = |images: Range<usize>, features: &[f32]| {
            (self.slope(images, features), features.to_vec())
        };
        let (gradients, features) = engine.gradients(&self.images, &prompts, None, loss)?;
        let (gate, attention) = (gradients.gate, gradients.attention);
        Ok(Step { features: features.concat(), prompts: gradients.prompts, gate, attention })
    }

    /// d mean cross-entropy / d features; an image's label is its place.
    fn slope(&self, images: Range<usize>, features: &[f32]) -> Vec<f32> {
        let width = self.head.len() / CLASSES;
        let row = |(image, row): (usize, &[f32])| {
            let logits = self.head.chunks_exact(width).map(|w| dot(w, row).exp());
            let powers: Vec<f64> = logits.collect();
            let sum: f64 = powers.iter().sum();
            let mut d_row = vec![0.0; width];
            for (class, w) in self.head.chunks_exact(width).enumerate() {
                let truth = f64::from(u8::from(image % CLASSES == class));
                let grad = ((powers[class] / sum - truth) / self.count as f64) as f32;
                d_row.iter_mut().zip(w).for_each(|(d, w)| *d += grad * w);
            }
            d_row
        };
        images.zip(features.chunks_exact(width)).flat_map(row).collect()
    }
}

/// A smooth picture: a few waves, each of two frequencies, a phase and a strength in -1..1.
fn plane(side: usize, waves: &[f32]) -> Vec<f32> {
    let pixel = |index: usize| {
        let (y, x) = ((index / side) as f32 / side as f32, (index % side) as f32 / side as f32);
        let wave = |w: &[f32]| (TAU * (4.0 * w[0] * x + 4.0 * w[1] * y + w[2])).sin();
        waves.chunks_exact(4).map(wave).sum()
    };
    (0..side * side).map(pixel).collect()
}

/// Differences between both precisions on random inputs.
pub(crate) fn errors(
    backbone: impl Fn() -> Result<Backbone, Error>,
    count: usize,
    prompts: usize,
) -> Result<Errors, Error> {
    let step = |precision| {
        let engine = Engine::with_precision(backbone()?, 2, precision)?;
        let inputs = Inputs::draw(engine.architecture(), count, prompts);
        Ok::<_, Error>((inputs.step(&engine)?, engine.architecture().width))
    };
    let ((f32s, width), (bf16s, _)) = (step(Precision::F32)?, step(Precision::Bf16)?);
    let rows = f32s.prompts.chunks_exact(width).zip(bf16s.prompts.chunks_exact(width));
    Ok(Errors {
        features: difference(&bf16s.features, &f32s.features),
        gradients: difference(&bf16s.prompts, &f32s.prompts),
        cosine: cosine(&bf16s.prompts, &f32s.prompts),
        worst_cosine: rows.map(|(a, b)| cosine(a, b)).fold(1.0, f64::min),
        gate: rank_correlation(&bf16s.gate, &f32s.gate),
        attention: rank_correlation(&bf16s.attention, &f32s.attention),
    })
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

fn difference(got: &[f32], expected: &[f32]) -> f64 {
    let apart: Vec<f32> = got.iter().zip(expected).map(|(g, e)| g - e).collect();
    (dot(&apart, &apart) / dot(expected, expected)).sqrt()
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// Spearman's, of values without ties.
fn rank_correlation(a: &[f32], b: &[f32]) -> f64 {
    let ranks = |values: &[f32]| {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
        let mut ranks = vec![0.0f32; values.len()];
        let middle = (values.len() - 1) as f32 / 2.0;
        order.iter().enumerate().for_each(|(rank, &i)| ranks[i] = rank as f32 - middle);
        ranks
    };
    cosine(&ranks(a), &ranks(b))
}
