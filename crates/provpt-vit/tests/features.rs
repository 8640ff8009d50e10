//! Features of the bare backbone against golden numbers.
#![allow(clippy::unwrap_used)]

mod support;

use provpt_vit::{Engine, Pooling, Prompts};
use support::{Golden, assert_close, backbone};

fn check(file: &str, pooling: Pooling, expected: &str) {
    let golden = Golden::read(expected);
    let engine = Engine::new(backbone(file, pooling), 2).unwrap();
    let features = engine.features(golden.get("images"), &Prompts::NONE).unwrap();
    assert_close(file, &features, golden.get("features"), 2e-5, 0.0);
}

#[test]
fn five_ways_to_load_a_vit_give_the_golden_features() {
    let files = ["google.npz", "timm.safetensors", "hf.safetensors", "model.pth", "mocov3.pth.tar"];
    for file in files {
        check(&format!("vit.{file}"), Pooling::Cls, "vit.expected.safetensors");
    }
}

#[test]
fn the_mae_recipe_gives_the_golden_features() {
    check("vit.timm.safetensors", Pooling::Mean, "vit.expected.mae.safetensors");
}

#[test]
fn both_namings_of_dinov2_give_the_golden_features() {
    for file in ["dinov2.timm.safetensors", "dinov2.hf.safetensors"] {
        check(file, Pooling::Cls, "dinov2.expected.safetensors");
    }
}
