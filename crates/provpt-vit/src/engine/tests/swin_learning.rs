//! Gradients of arrays of networks in stages, against golden numbers on every device.

use super::engines;
use super::support::assert_close;
use super::swin::{golden_swin, pixels, step};
use crate::{Engine, Prompts, Tuned, Weight};

fn check(kind: &str) {
    let backbone = golden_swin("swin");
    let batch = step(&format!("swin.{kind}"), &backbone.architecture);
    let gradients = batch.golden.under("grad.").map(|(name, _)| name);
    let is_ours = |name: &&str| !name.starts_with("head.") && !name.starts_with("prompts");
    let names: Vec<&str> = gradients.filter(is_ours).collect();
    let own = |name: &str| &backbone.tensors[name].data[..];
    let weights: Vec<Weight<'_>> =
        names.iter().map(|name| Weight { name, values: own(name) }).collect();
    assert!(!weights.is_empty());
    let tuned = Tuned { prompts: batch.prompts(), weights: &weights };
    for (device, engine) in engines(&backbone) {
        let got = batch.check_values(&engine, &pixels("swin"), tuned, &format!("{kind}, {device}"));
        assert_eq!(got.weights.len(), names.len());
        for (name, gradient) in names.iter().zip(&got.weights) {
            let expected = batch.golden.get(&format!("grad.{name}"));
            assert_close(&format!("{kind}, {device}: {name}"), gradient, expected, 1e-5, 1e-4);
        }
    }
}

#[test]
fn biases_and_position_tables_match() {
    check("bias");
    check("prompt_bias");
}

#[test]
fn last_blocks_match() {
    check("partial1");
    check("partial4");
}

#[test]
fn whole_networks_match() {
    check("end2end");
}

/// One vector on all patches is a bias of the norm behind the patch embedding.
#[test]
fn a_vector_on_all_patches_is_a_bias() {
    let backbone = golden_swin("swin");
    let batch = step("swin.add1", &backbone.architecture);
    let name = "patch_embed.norm.bias";
    let own = &backbone.tensors[name].data;
    let moved: Vec<f32> =
        own.iter().zip(batch.golden.get("prompts")).map(|(own, p)| own + p).collect();
    let weights = [Weight { name, values: &moved }];
    let tuned = Tuned { prompts: Prompts::NONE, weights: &weights };
    for (device, engine) in engines(&backbone) {
        let got = batch.check_values(&engine, &pixels("swin"), tuned, device);
        assert_close(device, &got.weights[0], batch.golden.get("grad.prompts"), 1e-5, 1e-4);
    }
}

#[test]
fn what_is_replaced_is_what_is_used_and_is_forgotten_again() {
    let base = golden_swin("swin");
    let names = [
        "layers.1.blocks.1.attn.relative_position_bias_table",
        "layers.0.downsample.reduction.weight",
        "layers.1.downsample.norm.weight",
        "patch_embed.norm.weight",
        "patch_embed.proj.weight",
        "layers.2.blocks.0.mlp.fc1.weight",
        "norm.bias",
    ];
    let mut other = base.clone();
    for name in names {
        other.tensors.get_mut(name).unwrap().data.iter_mut().for_each(|value| *value *= 1.5);
    }
    let images = pixels("swin");
    let engine = Engine::new(base.clone(), 1).unwrap();
    let bare = engine.features(&images, &Prompts::NONE).unwrap();
    for (index, name) in names.iter().enumerate() {
        let weights: Vec<Weight<'_>> = names[..=index]
            .iter()
            .map(|name| Weight { name, values: &other.tensors[*name].data })
            .collect();
        let mut expected = base.clone();
        for Weight { name, values } in &weights {
            expected.tensors.get_mut(*name).unwrap().data = values.to_vec();
        }
        let expected = Engine::new(expected, 1).unwrap();
        let expected = expected.features(&images, &Prompts::NONE).unwrap();
        let tuned = Tuned { prompts: Prompts::NONE, weights: &weights };
        let got = engine.features(&images, tuned).unwrap();
        assert_close(name, &got, &expected, 1e-6, 1e-6);
        assert_ne!(got, bare, "{name}");
    }
    assert_eq!(engine.features(&images, &Prompts::NONE).unwrap(), bare);
}
