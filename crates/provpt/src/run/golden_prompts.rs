//! Golden steps of prompts that are not rows of their own: from the arrays that are learned to their
//! gradients.

use std::ops::Range;

use provpt_vit::weights::{LoadOptions, Naming, Source as File};
use provpt_vit::{Backbone, Engine};
use safetensors::SafeTensors;

use super::trajectory::{PIXELS, close, fixture, floats, split};
use crate::config::Config;
use crate::learn::form::PromptForm;
use crate::learn::fresh::fresh;
use crate::learn::head::{self, Head};
use crate::learn::model::{Model, Stepping};
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

/// What is one array in a golden file: colours and three channels of the patch embedding.
fn of_patches(name: &str) -> Option<(&'static str, Range<usize>)> {
    let channels = match name {
        "patch_embed.proj.weight" => 0..3,
        "prompts.proj.weight" => 3..6,
        _ => return None,
    };
    Some(("patch_embed.proj.weight", channels))
}

/// An array of a golden file; prompts of several blocks are one array here.
fn golden(tensors: &SafeTensors<'_>, prefix: &str, name: &str) -> Vec<f32> {
    if let Some((name, channels)) = of_patches(name) {
        let all = floats(tensors, &format!("{prefix}{name}"));
        let kernels = all.chunks_exact(6 * 64);
        return kernels.flat_map(|k| &k[64 * channels.start..64 * channels.end]).copied().collect();
    }
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
    let words = ["num_tokens=3"].iter().chain(settings).chain(&["adaptive=false"]);
    let words = words.map(|word| format!("model.prompt.{word}"));
    let words: Vec<String> = words.chain(["recipe=published".to_owned()]).collect();
    let config = Config::from_args(None, &words).unwrap().config;
    let mut backbone = backbone();
    // So that positions are resampled as those of published checkpoints are.
    backbone.report.naming = Naming::Google;
    let form = PromptForm::of(&config, &backbone.architecture).unwrap();
    let backbone = form.on(backbone).unwrap();
    let mut thawed = Vec::new();
    form.thaw(&config.model.prompt, &backbone, &mut thawed);
    let making = form.making(&backbone).unwrap();
    let (bank, prompts) = fresh(&config, &backbone.architecture, &form, making);
    let own = |param: Param| match &*param.name {
        // As in the backbone.
        "patch_embed.proj.bias" => param,
        name => Param { values: golden(&tensors, "", name), ..param },
    };
    let head = Head::arrays(5, floats(&tensors, head::WEIGHT), floats(&tensors, head::BIAS));
    let set: Set = prompts.into_iter().chain(thawed).map(own).chain(head).collect();
    for param in set.iter() {
        assert_eq!(param.values.len(), param.shape.iter().product::<usize>(), "{case}");
    }
    let parameters = Parameters { set, bank: Some(bank) };
    let engine = Engine::new(backbone, 2).unwrap();
    let split = split(&inputs);
    let source = Source::new(&split, PIXELS).unwrap();
    let objective = Objective::default();
    let model = Model { engine: &engine, parameters: &parameters, objective: &objective };
    let got = model.gradients(&source, &[0, 1, 2, 3], Stepping::default()).unwrap();
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
    let released = ["num_deep_layers=2", "reverse_deep=true", "fidelity=reference"];
    check("deep_last_k_released", &released);
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

#[test]
fn prompts_are_pixels() {
    let location = "location=prepend-pixel-imgnettransform";
    check("prepend_pixel_imgnet", &[location, "deep=false"]);
    check("below", &["location=below", "deep=false"]);
    check("pad", &["location=pad", "num_tokens=4", "deep=false"]);
}
