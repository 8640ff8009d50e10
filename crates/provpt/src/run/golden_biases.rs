//! Six golden steps of prompts and biases, which have a learning rate of their own, and six of prompts in
//! the stages of a Swin transformer.

use provpt_data::Preprocess;
use provpt_runs::StepRecord;
use provpt_vit::weights::{LoadOptions, Source as File};
use provpt_vit::{Architecture, Backbone, Engine, Placement};
use safetensors::SafeTensors;

use super::trajectory::{PIXELS, close, fixture, floats, split};
use crate::config::Config;
use crate::error::Error;
use crate::learn::bank::PromptBank;
use crate::learn::head::{self, Head};
use crate::learn::model::BatchGradients;
use crate::learn::objective::Objective;
use crate::learn::parameters::{PROMPTS, Parameters};
use crate::learn::set::Set;
use crate::learn::source::Source;
use crate::learn::thaw::thawed;
use crate::learn::tune::{Learner, Listener, Tuning};
use crate::method::Thawed;
use crate::setup::optimizer;

/// Keeps the losses.
struct Losses(Vec<f64>);

impl Listener for Losses {
    fn gradients(&mut self, _: &BatchGradients, _: usize) {}

    fn step(&mut self, record: StepRecord) -> Result<(), Error> {
        self.0.push(record.loss);
        Ok(())
    }
}

/// The names of prompts in files, by block.
fn prompts(a: &Architecture) -> impl Iterator<Item = String> {
    let name = move |block| match a.stages.map(|stages| stages.place(block)) {
        None => format!("prompts.{block}"),
        Some((stage, block)) => format!("prompts.{stage}.{block}"),
    };
    (0..a.depth).map(name)
}

/// Three prompts in each block.
fn learner(tensors: &SafeTensors<'_>, backbone: &Backbone, beside: Thawed, rate: f64) -> Learner {
    let rate = format!("bias_multiplier={rate}");
    let words = ["rules=vpt", &rate, "weight_decay=0.01"];
    let config = Config::from_args(None, &words.map(|word| format!("solver.{word}"))).unwrap();
    let config = config.config;
    let thawed = thawed(beside, backbone, &config).unwrap();
    let start = |name: &str| floats(tensors, &format!("start.{name}"));
    let values = prompts(&backbone.architecture).flat_map(|name| start(&name)).collect();
    let block_of = (0..3 * backbone.architecture.depth).map(|prompt| prompt / 3).collect();
    let (bank, prompts) =
        PromptBank::from_parts(&backbone.architecture, Placement::Deep, values, block_of).unwrap();
    let head = Head::arrays(5, start(head::WEIGHT), start(head::BIAS));
    let mut set: Set = prompts.into_iter().chain(thawed).chain(head).collect();
    for param in set.iter_mut() {
        param.group = optimizer::group(&config, &param.name);
    }
    let (bank, optimizer) = (Some(bank), optimizer::optimizer(&config));
    Learner { parameters: Parameters { set, bank }, optimizer, objective: Objective::default() }
}

#[test]
fn biases_move_as_published() {
    let options = LoadOptions { heads: Some(4), ..LoadOptions::default() };
    six_steps("vit.timm", &options, "vit.prompt_bias", (Thawed::Biases, 2.0));
}

#[test]
fn prompts_of_stages_move_as_published() {
    six_steps("swin.ms", &LoadOptions::default(), "swin.deep", (Thawed::Nothing, 1.0));
}

fn six_steps(weights: &str, options: &LoadOptions, golden: &str, (beside, rate): (Thawed, f64)) {
    let inputs = weights.split('.').next().unwrap();
    let bytes = [format!("trajectory.{golden}"), format!("{inputs}.inputs")]
        .map(|name| fixture(&format!("transfer/{name}.safetensors")));
    let [golden, inputs] = bytes.each_ref().map(|bytes| SafeTensors::deserialize(bytes).unwrap());
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/transfer");
    let path = format!("{root}/{weights}.safetensors");
    let backbone = Backbone::open(&File::File(path.into()), options).unwrap();
    let mut learner = learner(&golden, &backbone, beside, rate);
    let engine = Engine::new(backbone, 2).unwrap();
    let split = split(&inputs);
    let pixels = Preprocess { size: engine.architecture().image_size, ..PIXELS };
    let source = Source::new(&split, pixels).unwrap();
    let mut losses = Losses(Vec::new());
    for epoch in 0..3 {
        let tuning = Tuning {
            epoch,
            order: &[0, 1, 2, 3],
            batch_size: 2,
            lr: 0.05,
            clip_norm: 0.0,
            showing: None,
            dropout: None,
        };
        learner.tune(&engine, &source, &tuning, &mut losses).unwrap();
    }
    for (step, (got, expected)) in losses.0.iter().zip(floats(&golden, "losses")).enumerate() {
        close(&format!("loss {step}"), *got, expected.into(), 5e-5);
    }
    assert_eq!(losses.0.len(), 6);
    for param in learner.parameters.set.iter() {
        let (name, a) = (param.name.as_str(), engine.architecture());
        // Those of a stage, or of all blocks, one after another.
        let blocks = prompts(a).filter(|block| block.starts_with(&format!("{name}.")));
        let expected: Vec<f32> = match name.starts_with(PROMPTS) {
            true => blocks.flat_map(|block| floats(&golden, &format!("final.{block}"))).collect(),
            false => floats(&golden, &format!("final.{name}")),
        };
        assert_eq!(param.values.len(), expected.len(), "{}", param.name);
        for (i, (&got, expected)) in param.values.iter().zip(expected).enumerate() {
            close(&format!("{}[{i}]", param.name), got.into(), expected.into(), 2e-4);
        }
    }
}
