//! Golden steps of prompts that are not rows of their own: from the arrays that are learned to their
//! gradients.

use provpt_vit::weights::{LoadOptions, Source as File};
use provpt_vit::{Backbone, Engine};
use safetensors::SafeTensors;

use super::trajectory::{PIXELS, close, fixture, floats, split};
use crate::config::Config;
use crate::learn::form::PromptForm;
use crate::learn::fresh::fresh;
use crate::learn::head::{self, Head};
use crate::learn::model::Model;
use crate::learn::objective::Objective;
use crate::learn::parameters::{PROMPTS, Parameters};
use crate::learn::set::{Param, Set};
use crate::learn::source::Source;

fn backbone() -> Backbone {
    let path =
        format!("{}/../../fixtures/transfer/vit.timm.safetensors", env!("CARGO_MANIFEST_DIR"));
    let options = LoadOptions { heads: Some(4), ..LoadOptions::default() };
    Backbone::open(&File::File(path.into()), &options).unwrap()
}

/// An array of a golden file; prompts of several blocks are one array here.
fn golden(tensors: &SafeTensors<'_>, prefix: &str, name: &str) -> Vec<f32> {
    let name = format!("{prefix}{name}");
    if name.ends_with(PROMPTS) && tensors.tensor(&name).is_err() {
        let block = |block: usize| format!("{name}.{block}");
        let blocks = (0..4).map(block).filter(|name| tensors.tensor(name).is_ok());
        return blocks.flat_map(|name| floats(tensors, &name)).collect();
    }
    floats(tensors, &name)
}

fn check(case: &str, settings: &[&str]) {
    let bytes = [
        fixture(&format!("transfer/step.vit.{case}.safetensors")),
        fixture("transfer/vit.inputs.safetensors"),
    ];
    let [tensors, inputs] = bytes.each_ref().map(|bytes| SafeTensors::deserialize(bytes).unwrap());
    let words = settings.iter().chain(&["num_tokens=3", "adaptive=false"]);
    let words: Vec<String> = words.map(|word| format!("model.prompt.{word}")).collect();
    let config = Config::from_args(None, &words).unwrap().config;
    let mut backbone = backbone();
    let form = PromptForm::of(&config, 4).unwrap();
    let (bank, prompts) = fresh(&config, &backbone.architecture, &form);
    let own = |param: Param| Param { values: golden(&tensors, "", &param.name), ..param };
    let head = Head::arrays(5, floats(&tensors, head::WEIGHT), floats(&tensors, head::BIAS));
    let set: Set = prompts.into_iter().map(own).chain(head).collect();
    for param in set.iter() {
        assert_eq!(param.values.len(), param.shape.iter().product::<usize>(), "{case}");
    }
    let parameters = Parameters { set, bank: Some(bank) };
    backbone.architecture.prompt_pool = form.pool;
    let engine = Engine::new(backbone, 2).unwrap();
    let split = split(&inputs);
    let source = Source::new(&split, PIXELS).unwrap();
    let objective = Objective::default();
    let model = Model { engine: &engine, parameters: &parameters, objective: &objective };
    let got = model.gradients(&source, &[0, 1, 2, 3], None, None).unwrap();
    close(&format!("{case}: loss"), got.loss, floats(&tensors, "loss")[0].into(), 5e-5);
    for param in parameters.set.iter() {
        let (gradient, name) = (got.learned.of(&param.name), &param.name);
        let expected = golden(&tensors, "grad.", name);
        assert_eq!(gradient.len(), expected.len(), "{case}: {name}");
        for (i, (&got, &expected)) in gradient.iter().zip(&expected).enumerate() {
            let bound = 1e-5 + 1e-4 * f64::from(expected.abs());
            close(&format!("{case}: {name}[{i}]"), got.into(), expected.into(), bound);
        }
    }
}

#[test]
fn features_are_read_from_what_is_asked_for() {
    check("img_pool", &["pool=img"]);
    check("imgprompt_pool", &["pool=imgprompt"]);
    check("prompt_pool", &["pool=prompt"]);
}

#[test]
fn some_blocks_have_prompts() {
    check("deep_first_k", &["num_deep_layers=2"]);
    check("deep_first_k_noexpand", &["num_deep_layers=2", "forward_deep_noexpand=true"]);
    check("deep_last_k", &["num_deep_layers=2", "reverse_deep=true"]);
}

#[test]
fn prompts_are_shared_or_brought_to_their_width() {
    check("deep_shared", &["deep_shared=true"]);
    check("project", &["project=5"]);
}

#[test]
fn prompts_are_added_to_tokens() {
    check("add", &["location=add"]);
    check("add1", &["location=add-1"]);
}
