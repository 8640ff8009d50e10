//! Six golden epochs of score, relocate, tune: every number of every epoch.

use provpt_data::{Fit, Image, Interpolation, Keep, Preprocess, Split};
use provpt_runs::StepRecord;
use provpt_vit::weights::{LoadOptions, Source as File};
use provpt_vit::{Backbone, Device, Engine, Placement, Precision};
use safetensors::SafeTensors;
use serde::Deserialize;

use crate::allocators::reward;
use crate::config::{Fidelity, Idleness, Rebirth};
use crate::error::Error;
use crate::learn::bank::PromptBank;
use crate::learn::clip::Clipping;
use crate::learn::head::{self, Head};
use crate::learn::model::BatchGradients;
use crate::learn::objective::Objective;
use crate::learn::parameters::{PROMPTS, Parameters};
use crate::learn::source::Source;
use crate::learn::tune::{Learner, Listener, Tuning};
use crate::math::optimizer::{Optimizer, OptimizerSettings};
use crate::relocate::idleness::ranking;
use crate::relocate::score::{Pass, Scoring};
use provpt_base::{Purpose, stream};

const WIDTH: usize = 32;

/// What the golden images go through.
pub(super) const PIXELS: Preprocess = Preprocess {
    size: WIDTH,
    fit: Fit::Squash,
    interpolation: Interpolation::PilBilinear,
    mean: [0.5; 3],
    std: [0.5; 3],
};

#[derive(Deserialize)]
struct Golden {
    fidelity: Fidelity,
    idleness: Idleness,
    lr: f64,
    weight_decay: f64,
    momentum: f64,
    clip_norm: f64,
    batch_size: usize,
    relocation_scale: f32,
    counts: Vec<usize>,
    log: Vec<GoldenEpoch>,
}

#[derive(Deserialize)]
struct GoldenEpoch {
    score_loss: f64,
    scores: Vec<Vec<f64>>,
    max_idleness: f64,
    reward: Option<f64>,
    #[serde(rename = "move")]
    moved: Option<GoldenMove>,
    train_loss: f64,
    distribution: Vec<usize>,
}

#[derive(Deserialize)]
struct GoldenMove {
    from: usize,
    index: usize,
    to: usize,
}

pub(super) fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../../fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

pub(super) fn floats(tensors: &SafeTensors<'_>, name: &str) -> Vec<f32> {
    let data = tensors.tensor(name).unwrap_or_else(|_| panic!("no tensor {name}"));
    data.data().as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

pub(super) fn close(what: &str, got: f64, expected: f64, bound: f64) {
    assert!((got - expected).abs() <= bound, "{what}: got {got}, expected {expected} ± {bound}");
}

pub(super) fn split(tensors: &SafeTensors<'_>) -> Split {
    let images = tensors.tensor("images.u8").unwrap();
    let (bytes, side) = (images.data(), images.shape()[3]);
    let plane = side * side;
    let interleave = |image: &[u8]| -> Vec<u8> {
        (0..plane).flat_map(|i| [image[i], image[plane + i], image[2 * plane + i]]).collect()
    };
    let images = bytes
        .chunks_exact(3 * plane)
        .map(|image| Image::from_rgb(side, side, interleave(image)).unwrap());
    let labels = tensors.tensor("labels").unwrap();
    let labels = labels.data().as_chunks().0.iter().map(|b| i64::from_le_bytes(*b) as usize);
    Split::of_images(images.zip(labels))
}

/// Wants to know nothing of the steps.
struct Deaf;

impl Listener for Deaf {
    fn gradients(&mut self, _: &BatchGradients, _: usize) {}

    fn step(&mut self, _: StepRecord) -> Result<(), Error> {
        Ok(())
    }
}

/// A golden run, replayed.
struct Replay {
    what: String,
    golden: Golden,
    engine: Engine,
    learner: Learner,
    bytes: Vec<u8>,
}

impl Replay {
    /// Replays it on the processor, and on a graphics card where there is one. `cache`: bytes for what
    /// blocks in front of the first prompt make of the images.
    fn everywhere(model: &str, kind: &str, cache: usize) {
        let card = provpt_vit::devices().first().map(|_| Device::Numbered(0));
        for device in std::iter::once(Device::Cpu).chain(card) {
            println!("{device}");
            Self::new(model, kind, device).run(cache);
        }
    }

    fn new(model: &str, kind: &str, device: Device) -> Self {
        let name = format!("trajectory.{model}.{kind}");
        let golden: Golden = serde_json::from_slice(&fixture(&format!("{name}.json"))).unwrap();
        let bytes = fixture(&format!("{name}.safetensors"));
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let path =
            format!("{}/../../fixtures/{model}.timm.safetensors", env!("CARGO_MANIFEST_DIR"));
        let options = LoadOptions { heads: Some(4), ..LoadOptions::default() };
        let backbone = Backbone::open(&File::File(path.into()), &options).unwrap();
        let engine = Engine::with_device(backbone, 2, Precision::F32, device).unwrap();
        let values = (0..4).flat_map(|b| floats(&tensors, &format!("init.prompts.{b}"))).collect();
        let block_of = golden.counts.iter().enumerate().flat_map(|(b, &n)| vec![b; n]).collect();
        let a = engine.architecture();
        let (bank, prompts) = PromptBank::from_parts(a, Placement::Deep, values, block_of).unwrap();
        let head = ["weight", "bias"].map(|name| floats(&tensors, &format!("init.head.{name}")));
        let [weight, bias] = head;
        let head = Head::arrays(bias.len(), weight, bias);
        let set = prompts.into_iter().chain(head).collect();
        let (momentum, weight_decay) = (golden.momentum, golden.weight_decay);
        let optimizer = Optimizer::new(OptimizerSettings::Sgd { momentum, weight_decay });
        let parameters = Parameters { set, bank: Some(bank) };
        let learner = Learner::new(parameters, optimizer, Objective::default());
        Self { what: name, golden, engine, learner, bytes }
    }

    fn run(&mut self, cache: usize) {
        let bytes = std::mem::take(&mut self.bytes);
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let split = split(&tensors);
        let memory = Keep { memory: 1 << 30, ..Keep::default() };
        let mut preparation = split.prepare(PIXELS, provpt_data::Crops::AnyPlace, &memory).unwrap();
        while preparation.step().unwrap() {}
        let source = Source::cached(preparation.finish().0, cache);
        let log = std::mem::take(&mut self.golden.log);
        let mut previous = None;
        for (epoch, golden) in log.iter().enumerate() {
            previous = Some(self.epoch(epoch, golden, &source, previous));
            self.check_parameters(epoch, golden, &tensors);
        }
    }

    /// One epoch; returns its scoring loss.
    fn epoch(
        &mut self,
        epoch: usize,
        golden: &GoldenEpoch,
        source: &Source<'_>,
        previous: Option<f64>,
    ) -> f64 {
        let order: Vec<usize> = (0..source.len()).collect();
        let what = format!("{} epoch {epoch}", self.what);
        let (scores, loss) = self.check_scores(&what, golden, source, &order);
        if let (Some(expected), Some(previous)) = (golden.reward, previous) {
            let max = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            close(&format!("{what} reward"), reward(previous, loss, max), expected, 1e-5);
        }
        if let Some(moved) = &golden.moved {
            self.relocate(&what, epoch, moved, &scores);
        }
        let tuning = Tuning {
            epoch,
            order: &order,
            batch_size: self.golden.batch_size,
            lr: &|_| self.golden.lr,
            clipping: Clipping { norm: self.golden.clip_norm, ..Clipping::default() },
            showing: None,
            dropout: None,
        };
        let tuned = self.learner.tune(&self.engine, source, &tuning, &mut Deaf).unwrap();
        close(&format!("{what} train loss"), tuned.loss, golden.train_loss, 1e-5);
        loss
    }

    fn check_scores(
        &self,
        what: &str,
        golden: &GoldenEpoch,
        source: &Source<'_>,
        order: &[usize],
    ) -> (Vec<f64>, f64) {
        let g = &self.golden;
        let scoring = Scoring {
            idleness: g.idleness,
            fidelity: g.fidelity,
            clip_norm: g.clip_norm,
            batch_size: g.batch_size,
        };
        let model = &self.learner.model(&self.engine);
        let pass = Pass { model, source, indices: order, scoring, dropout: None };
        let scores = pass.scores(|_, _| {}).unwrap().unwrap();
        close(&format!("{what} loss"), scores.loss, golden.score_loss, 1e-5);
        let (absolute, relative) =
            if g.idleness == Idleness::Gate { (2e-10, 1e-3) } else { (1e-5, 1e-4) };
        let bank = self.learner.parameters.bank().unwrap();
        for (block, expected) in golden.scores.iter().enumerate() {
            let rows = bank.in_block(block);
            assert_eq!(rows.len(), expected.len(), "{what}: prompts in block {block}");
            for (index, (&row, &e)) in rows.iter().zip(expected).enumerate() {
                let name = format!("{what} score of prompt {index} in block {block}");
                close(&name, scores.idleness[row], e, absolute + relative * e.abs());
            }
        }
        let max = scores.idleness.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let bound = absolute + relative * golden.max_idleness.abs();
        close(&format!("{what} max"), max, golden.max_idleness, bound);
        (scores.idleness, scores.loss)
    }

    fn relocate(&mut self, what: &str, epoch: usize, moved: &GoldenMove, scores: &[f64]) {
        let parameters = &mut self.learner.parameters;
        let row = parameters.bank().unwrap().prompt_at(moved.from, moved.index).unwrap();
        let ranking = ranking(scores);
        let lead = scores[ranking[0]] - scores[ranking[1]];
        if self.golden.idleness == Idleness::Attention || lead > 1e-6 {
            assert_eq!(ranking[0], row, "{what}: the most idle prompt");
        }
        let rebirth = (Rebirth::Scale, self.golden.relocation_scale);
        let mut rng = stream(0, Purpose::Rebirth, [0, 0]);
        let changed = parameters.relocate(row, moved.to, rebirth, epoch, &mut rng).unwrap();
        if changed && self.golden.fidelity == Fidelity::Exact {
            self.learner.optimizer.reset_row(PROMPTS, row, WIDTH);
        }
    }

    fn check_parameters(&self, epoch: usize, golden: &GoldenEpoch, tensors: &SafeTensors<'_>) {
        let bank = self.learner.parameters.bank().unwrap();
        assert_eq!(bank.distribution(), golden.distribution, "{} epoch {epoch}", self.what);
        let check = |name: &str, got: &[f32]| {
            let name = format!("epoch{epoch}.{name}");
            let expected = floats(tensors, &name);
            assert_eq!(got.len(), expected.len(), "{} {name}", self.what);
            for (i, (&g, e)) in got.iter().zip(expected).enumerate() {
                close(&format!("{} {name}[{i}]", self.what), g.into(), e.into(), 2e-5);
            }
        };
        for block in 0..4 {
            let rows = bank.in_block(block);
            let values: Vec<f32> =
                rows.iter().flat_map(|&r| self.learner.parameters.row(r)).copied().collect();
            if !values.is_empty() {
                check(&format!("prompts.{block}"), &values);
            }
        }
        for name in [head::WEIGHT, head::BIAS] {
            check(name, self.learner.parameters.set.values(name));
        }
    }
}

#[test]
fn exact_attention() {
    Replay::everywhere("vit", "exact.attention", 0);
    Replay::everywhere("dinov2", "exact.attention", 1 << 20);
}

#[test]
fn exact_gate() {
    Replay::everywhere("vit", "exact.gate", 0);
    Replay::everywhere("dinov2", "exact.gate", 1 << 20);
}

#[test]
fn reference_gate() {
    Replay::everywhere("vit", "reference.gate", 1 << 20);
    Replay::everywhere("dinov2", "reference.gate", 0);
}
