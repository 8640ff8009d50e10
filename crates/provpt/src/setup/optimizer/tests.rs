use safetensors::SafeTensors;

use super::*;
use crate::learn::set::{Gradients, Param, Set};

/// Names of the golden arrays, and ours.
const NAMES: [(&str, &str); 5] = [
    ("prompt_embeddings", "prompts"),
    ("blocks.0.attn.qkv.bias", "blocks.0.attn.qkv.bias"),
    ("blocks.0.norm1.weight", "blocks.0.norm1.weight"),
    ("head.last_layer.weight", "head.weight"),
    ("head.last_layer.bias", "head.bias"),
];

fn config(settings: &[&str]) -> Config {
    let words: Vec<String> = settings.iter().map(|&word| word.to_owned()).collect();
    Config::from_args(None, &words).unwrap().config
}

/// Four steps of a published program's optimizer, on arrays of all kinds.
fn follows(rule: &str, settings: &[&str]) {
    let path = "/../../fixtures/transfer/optimizer.safetensors";
    let bytes = std::fs::read(format!("{}{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let floats = |name: &str| -> Vec<f32> {
        let data = tensors.tensor(name).unwrap();
        data.data().as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
    };
    let config = config(settings);
    let param = |&(theirs, ours): &(&str, &str)| {
        let values = floats(&format!("start.{theirs}"));
        let param = Param::new(ours, &[values.len()], values);
        Param { group: group(&config, &param), ..param }
    };
    let mut set: Set = NAMES.iter().map(param).collect();
    let mut optimizer = optimizer(&config);
    for step in 0..4 {
        let gradient = |&(theirs, ours)| (ours, floats(&format!("grad.{step}.{theirs}")));
        let gradients = Gradients::in_order(&set, NAMES.iter().map(gradient).collect());
        optimizer.step(0.1, set.updates(&gradients));
        for (theirs, ours) in NAMES {
            let expected = floats(&format!("{rule}.{step}.{theirs}"));
            for (got, expected) in set.values(ours).iter().zip(&expected) {
                assert!(
                    (got - expected).abs() <= 2e-6,
                    "{rule} step {step} {ours}: {got}, {expected}"
                );
            }
        }
    }
}

#[test]
fn published_optimizers_are_followed() {
    let [vpt, pro, wd] = ["solver.rules=vpt", "solver.rules=pro", "solver.weight_decay=0.02"];
    follows("vpt.sgd", &[vpt, wd, "solver.bias_multiplier=2"]);
    follows("vpt.adam", &[vpt, wd, "solver.optimizer=adam"]);
    follows("vpt.adamw", &[vpt, wd, "solver.optimizer=adamw", "solver.bias_multiplier=2"]);
    follows("pro.sgd", &[pro, wd, "solver.bias_multiplier=2"]);
    follows("pro.adamw", &[pro, wd, "solver.optimizer=adamw"]);
    // What a published program does not know is SGD to it.
    follows("pro.sgd", &[pro, wd, "solver.optimizer=adam"]);
}

#[test]
fn without_weight_decay_published_adamw_is_sgd() {
    for rules in ["solver.rules=vpt", "solver.rules=pro"] {
        let words = [rules, "solver.weight_decay=0", "solver.optimizer=adamw"];
        let sgd = OptimizerSettings::Sgd { momentum: 0.9, weight_decay: 0.0 };
        assert_eq!(optimizer(&config(&words)), Optimizer::new(sgd));
    }
    let ours = optimizer(&config(&["solver.weight_decay=0", "solver.optimizer=adamw"]));
    assert_eq!(ours, Optimizer::new(OptimizerSettings::AdamW { weight_decay: 0.0 }));
}

fn groups(config: &Config) -> [Group; 5] {
    NAMES.map(|(_, name)| group(config, &Param::new(name, &[2, 4], vec![0.0; 8])))
}

#[test]
fn prompts_and_head_have_factors_of_their_own() {
    let words =
        ["prompt_rate=2", "prompt_decay=0", "head_rate=0.5", "head_decay=3", "bias_multiplier=4"];
    let words = words.map(|word| format!("solver.{word}"));
    let words: Vec<&str> = words.iter().map(|word| &**word).collect();
    let of = |rate, decay| Group { rate, decay, sphere: None };
    let expected = [of(2.0, 0.0), of(4.0, 1.0), of(1.0, 1.0), of(0.5, 3.0), of(0.5, 3.0)];
    assert_eq!(groups(&config(&words)), expected);
}

#[test]
fn only_prompts_turn_on_a_sphere() {
    let groups = groups(&config(&["model.prompt.form=sphere"]));
    assert_eq!(groups.map(|group| group.sphere), [Some(4), None, None, None, None]);
}

/// By default all arrays are alike, whatever their name.
#[test]
fn our_rules_know_no_names_but_for_the_factor_on_biases() {
    for optimizer in ["sgd", "adam", "adamw"] {
        let word = format!("solver.optimizer={optimizer}");
        let groups = |words: &[&str]| groups(&config(words));
        assert_eq!(groups(&[&word]), [Group::default(); 5]);
        let mut twice = [Group::default(); 5];
        twice[1].rate = 2.0;
        assert_eq!(groups(&[&word, "solver.bias_multiplier=2"]), twice);
    }
}
