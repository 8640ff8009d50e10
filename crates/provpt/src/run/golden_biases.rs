//! Six golden steps each: of prompts and biases, which have a learning rate of their own, of adapters
//! and of a last block by the published AdamW, and of prompts in the stages of a Swin transformer.

use provpt_data::Preprocess;
use provpt_runs::StepRecord;
use provpt_vit::weights::{LoadOptions, Source as File};
use provpt_vit::{Architecture, Backbone, Engine, Placement};
use safetensors::SafeTensors;

use super::trajectory::{PIXELS, close, fixture, floats, split};
use crate::config::Config;
use crate::error::Error;
use crate::learn::bank::PromptBank;
use crate::learn::clip::Clipping;
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

/// Three prompts in each block, if the file has any.
fn learner(tensors: &SafeTensors<'_>, backbone: &Backbone, case: &Case) -> Learner {
    let words = case.settings.iter().chain(&["solver.rules=vpt", "solver.weight_decay=0.01"]);
    let words: Vec<String> = words.map(|&word| word.to_owned()).collect();
    let (config, a) = (Config::from_args(None, &words).unwrap().config, &backbone.architecture);
    let start = |name: &str| floats(tensors, &format!("start.{name}"));
    let mut thawed = thawed(case.beside, backbone, &config).unwrap();
    // What starts as in the backbone has no start in the file.
    for param in &mut thawed {
        if tensors.tensor(&format!("start.{}", param.name)).is_ok() {
            param.values = start(&param.name);
        }
    }
    let bank = tensors.names().iter().any(|name| name.starts_with("start.prompts")).then(|| {
        let values = prompts(a).flat_map(|name| start(&name)).collect();
        let block_of = (0..3 * a.depth).map(|prompt| prompt / 3).collect();
        PromptBank::from_parts(a, Placement::Deep, values, block_of).unwrap()
    });
    let (bank, prompts) = bank.map_or((None, Vec::new()), |(bank, rows)| (Some(bank), rows));
    let head = Head::arrays(5, start(head::WEIGHT), start(head::BIAS));
    let mut set: Set = prompts.into_iter().chain(thawed).chain(head).collect();
    for param in set.iter_mut() {
        param.group = optimizer::group(&config, param);
    }
    let (parameters, optimizer) = (Parameters { set, bank }, optimizer::optimizer(&config));
    Learner::new(parameters, optimizer, Objective::default())
}

struct Case {
    weights: &'static str,
    golden: &'static str,
    beside: Thawed,
    settings: &'static [&'static str],
    lr: f64,
}

const SGD: Case = Case {
    weights: "vit.timm",
    golden: "vit.prompt_bias",
    beside: Thawed::Biases,
    settings: &["solver.bias_multiplier=2"],
    lr: 0.05,
};

#[test]
fn biases_move_as_published() {
    six_steps(&SGD);
}

#[test]
fn prompts_of_stages_move_as_published() {
    let (weights, golden, beside) = ("swin.ms", "swin.deep", Thawed::Nothing);
    six_steps(&Case { weights, golden, beside, settings: &[], ..SGD });
}

#[test]
fn adapters_move_as_published() {
    let settings = &["solver.optimizer=adamw", "model.adapter.reduction=4"];
    six_steps(&Case { golden: "vit.adapter", beside: Thawed::Adapters, settings, lr: 0.01, ..SGD });
}

#[test]
fn a_last_block_moves_as_published() {
    let settings = &["solver.optimizer=adamw"];
    six_steps(&Case { golden: "vit.partial1", beside: Thawed::Last(1), settings, lr: 0.01, ..SGD });
}

fn six_steps(case: &Case) {
    let Case { weights, golden, lr, .. } = *case;
    let inputs = weights.split('.').next().unwrap();
    let heads = (inputs == "vit").then_some(4);
    let options = LoadOptions { heads, ..LoadOptions::default() };
    let bytes = [format!("trajectory.{golden}"), format!("{inputs}.inputs")]
        .map(|name| fixture(&format!("transfer/{name}.safetensors")));
    let [golden, inputs] = bytes.each_ref().map(|bytes| SafeTensors::deserialize(bytes).unwrap());
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/transfer");
    let path = format!("{root}/{weights}.safetensors");
    let backbone = Backbone::open(&File::File(path.into()), &options).unwrap();
    let mut learner = learner(&golden, &backbone, case);
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
            lr: &|_| lr,
            clipping: Clipping::default(),
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
        // Keys have no use for a bias: here it stays, there rounding moves it.
        let third = param.values.len() / 3;
        let is_key = |i: usize| case.lr != SGD.lr && name.ends_with("qkv.bias") && i / third == 1;
        for (i, (&got, expected)) in param.values.iter().zip(expected).enumerate() {
            if is_key(i) {
                continue;
            }
            close(&format!("{}[{i}]", param.name), got.into(), expected.into(), 2e-4);
        }
    }
}
