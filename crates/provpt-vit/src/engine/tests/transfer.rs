//! Gradients of arrays that learn, against golden numbers, on every device.

use super::batch::Batch;
use super::counting::{counted, pixels};
use super::engines;
use super::support::{Golden, assert_close, backbone};
use crate::kernels::plain::Plain;
use crate::{Backbone, Engine, Images, Placement, Pooling, PromptPool, Prompts, Tuned, Weight};

/// The golden backbone; under mean pooling its norm is `fc_norm`.
pub(super) fn golden_backbone(pooling: Pooling) -> Backbone {
    let mut backbone = backbone("transfer/vit.timm.safetensors", Pooling::Cls);
    if pooling == Pooling::Mean {
        backbone.architecture.pooling = pooling;
        for array in ["weight", "bias"] {
            let norm = backbone.tensors.remove(&format!("norm.{array}")).unwrap();
            backbone.tensors.insert(format!("fc_norm.{array}"), norm);
        }
    }
    backbone
}

/// The names of the arrays that learn in a golden step, in their order.
fn names(golden: &Golden) -> Vec<&str> {
    let gradients = golden.under("grad.").map(|(name, _)| name);
    gradients.filter(|name| !name.starts_with("head.") && !name.starts_with("prompts")).collect()
}

fn check(case: &str, pooling: Pooling) {
    check_as(case, &golden_backbone(pooling), None);
}

/// The same with prompts that are placed otherwise than their names tell.
fn check_as(case: &str, backbone: &Backbone, placement: Option<Placement>) {
    let inputs = Golden::read("transfer/vit.inputs.safetensors");
    let mut batch = Batch::read(&format!("transfer/step.{case}.safetensors"));
    if case.contains("shallow") {
        batch.placement = Placement::Shallow;
    }
    batch.placement = placement.unwrap_or(batch.placement);
    let names = names(&batch.golden);
    let own = |name: &str| &backbone.tensors[name].data[..];
    let values = |name: &str| batch.golden.try_get(name).unwrap_or_else(|| own(name));
    let weights: Vec<Weight<'_>> =
        names.iter().map(|name| Weight { name, values: values(name) }).collect();
    let tuned = Tuned { prompts: batch.prompts(), weights: &weights };
    for (device, engine) in engines(backbone) {
        let (got, parts) = engine
            .gradients(inputs.get("images"), tuned, None, |range, f| batch.loss(range.start, f))
            .unwrap();
        let loss: f64 = parts.iter().map(|(loss, _)| loss).sum();
        let logits: Vec<f32> = parts.into_iter().flat_map(|(_, logits)| logits).collect();
        let what = |part: &str| format!("{case}, {device}: {part}");
        assert_close(&what("logits"), &logits, batch.golden.get("logits"), 5e-5, 0.0);
        assert_close(&what("loss"), &[loss as f32], batch.golden.get("loss"), 5e-5, 0.0);
        assert_close(&what("prompts"), &got.prompts, &batch.expected("grad.prompts"), 1e-5, 1e-4);
        assert_eq!(got.weights.len(), names.len());
        for (name, gradient) in names.iter().zip(&got.weights) {
            let expected = batch.golden.get(&format!("grad.{name}"));
            assert_close(&what(name), gradient, expected, 1e-5, 1e-4);
        }
    }
}

#[test]
fn biases_match() {
    check("vit.bias", Pooling::Cls);
    check("mae.bias", Pooling::Mean);
}

#[test]
fn biases_beside_prompts_match() {
    check("vit.prompt_bias", Pooling::Cls);
    check("mae.prompt_bias", Pooling::Mean);
    check("vit.shallow_bias", Pooling::Cls);
}

#[test]
fn pools_match() {
    use PromptPool::{Image, ImageAndPrompts, Prompts};
    for (case, pool) in
        [("img_pool", Image), ("imgprompt_pool", ImageAndPrompts), ("prompt_pool", Prompts)]
    {
        let mut backbone = golden_backbone(Pooling::Cls);
        backbone.architecture.prompt_pool = pool;
        check_as(&format!("vit.{case}"), &backbone, None);
    }
}

#[test]
fn some_deep_layers_match() {
    let backbone = golden_backbone(Pooling::Cls);
    check_as("vit.deep_first_k", &backbone, Some(Placement::DeepThenStay(1)));
    check_as("vit.deep_first_k_noexpand", &backbone, Some(Placement::Deep));
    check_as("vit.deep_last_k", &backbone, Some(Placement::Deep));
    check_as("vit.deep_last_k_released", &backbone, Some(Placement::DeepLosing));
}

#[test]
fn added_prompts_match() {
    let backbone = golden_backbone(Pooling::Cls);
    check_as("vit.add", &backbone, Some(Placement::Added));
    check_as("vit.add1", &backbone, Some(Placement::Added));
}

#[test]
fn cls_tokens_match() {
    check("vit.cls", Pooling::Cls);
    check("vit.cls_prompt", Pooling::Cls);
}

#[test]
fn last_blocks_match() {
    check("vit.partial1", Pooling::Cls);
    check("mae.partial2", Pooling::Mean);
}

#[test]
fn adapters_match() {
    check("vit.adapter", Pooling::Cls);
    check("mae.adapter", Pooling::Mean);
    // All zero, as released: but for one bias each, gradients are exactly zero.
    check("vit.adapter_zero", Pooling::Cls);
}

#[test]
fn whole_networks_match() {
    check("vit.end2end", Pooling::Cls);
}

#[test]
fn keys_have_biases_without_effect() {
    let backbone = golden_backbone(Pooling::Cls);
    let engine = Engine::new(backbone.clone(), 1).unwrap();
    let name = "blocks.1.attn.qkv.bias";
    let weights = [Weight { name, values: &backbone.tensors[name].data }];
    let tuned = Tuned { prompts: Prompts::NONE, weights: &weights };
    let loss = |_, features: &[f32]| (features.to_vec(), ());
    let (got, _) = engine.gradients(&pixels(&engine), tuned, None, loss).unwrap();
    let (query, rest) = got.weights[0].split_at(32);
    let (key, value) = rest.split_at(32);
    assert!(key.iter().all(|g| g.to_bits() == 0), "{key:?}");
    assert!(query.iter().chain(value).all(|&g| g != 0.0));
}

#[test]
fn what_is_replaced_is_what_is_used_and_is_forgotten_again() {
    let base = golden_backbone(Pooling::Cls);
    let names = ["cls_token", "pos_embed", "blocks.2.mlp.fc1.weight", "blocks.0.norm1.weight"];
    let mut other = base.clone();
    for name in names {
        other.tensors.get_mut(name).unwrap().data.iter_mut().for_each(|value| *value *= 1.5);
    }
    for (device, engine) in engines(&base) {
        let pixels = pixels(&engine);
        let bare = engine.features(&pixels, &Prompts::NONE).unwrap();
        // The same call again, in memory that is used again; then with fewer arrays.
        for count in [names.len(), names.len(), 1, 3] {
            let own = |name: &str| &other.tensors[name].data[..];
            let weights: Vec<Weight<'_>> =
                names[..count].iter().map(|name| Weight { name, values: own(name) }).collect();
            let mut expected = base.clone();
            for Weight { name, values } in &weights {
                expected.tensors.get_mut(*name).unwrap().data = values.to_vec();
            }
            let expected = Engine::new(expected, 1).unwrap();
            let expected = expected.features(&pixels, &Prompts::NONE).unwrap();
            let tuned = Tuned { prompts: Prompts::NONE, weights: &weights };
            let got = engine.features(&pixels, tuned).unwrap();
            assert_close(&format!("{device}, {count}"), &got, &expected, 1e-5, 1e-5);
            assert_ne!(got, bare);
        }
        assert_eq!(engine.features(&pixels, &Prompts::NONE).unwrap(), bare, "{device}");
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let engine = Engine::new(golden_backbone(Pooling::Cls), 1).unwrap();
    let pixels = pixels(&engine);
    let values = vec![0.0; 32];
    let message = |weights: &[Weight<'_>], images: Images<'_>| {
        let tuned = Tuned { prompts: Prompts::NONE, weights };
        engine.features(images, tuned).unwrap_err().to_string()
    };
    let cls = Weight { name: "cls_token", values: &values };
    assert_eq!(
        message(&[Weight { name: "blocks.4.norm1.bias", values: &values }], (&pixels).into()),
        "weights: blocks.4.norm1.bias: the network has no such array"
    );
    assert_eq!(
        message(&[Weight { values: &values[1..], ..cls }], (&pixels).into()),
        "weights: cls_token: expected 32 values, got 31"
    );
    assert_eq!(
        message(&[cls, cls], (&pixels).into()),
        "weights: cls_token: expected it once, got it twice"
    );
    let tokens = engine.tokens(&pixels, 2).unwrap();
    let tokens = |block| Images::Tokens { block, values: &tokens };
    assert_eq!(message(&[cls], tokens(0)), "images: expected pixels, got tokens of block 0");
    assert_eq!(
        message(&[Weight { name: "blocks.1.norm1.bias", values: &values }], tokens(2)),
        "images: expected tokens of block 1 at the latest, got block 2"
    );
}

#[test]
fn a_step_of_arrays_allocates_nothing_and_waits_twice() {
    let (engine, counts) = counted(Plain { chunk_images: 6 }, Pooling::Cls, 1);
    let backbone = backbone("vit.timm.safetensors", Pooling::Cls);
    let names = ["blocks.3.mlp.fc1.weight", "blocks.2.attn.qkv.bias", "norm.weight"];
    let own = |name: &str| &backbone.tensors[name].data[..];
    let weights = names.map(|name| Weight { name, values: own(name) });
    let tuned = Tuned { prompts: Prompts::NONE, weights: &weights };
    for _ in 0..2 {
        counts.take();
        let loss = |_, features: &[f32]| (features.to_vec(), ());
        engine.gradients(&pixels(&engine), tuned, None, loss).unwrap();
    }
    // Pixels, d loss / d features, and a bias in two parts and a norm; the matrix is packed.
    assert_eq!(counts.take(), [0, 2 + 3, 2]);
}

/// Central differences by values of prompts that are added to tokens.
#[test]
fn gradients_of_added_prompts_are_slopes() {
    let backbone = golden_backbone(Pooling::Cls);
    let engine = Engine::on(|_| Ok(Plain { chunk_images: 2 }), backbone, 1).unwrap();
    for case in ["add", "add1"] {
        let mut batch = Batch::read(&format!("transfer/step.vit.{case}.safetensors"));
        batch.placement = Placement::Added;
        let pixels = pixels(&engine);
        let slope = |_, features: &[f32]| (features.to_vec(), ());
        let (got, _) = engine.gradients(&pixels, &batch.prompts(), None, slope).unwrap();
        for place in (0..batch.values.len()).step_by(batch.values.len() / 8 + 1) {
            let was = batch.values[place];
            let mut at = |value: f32| {
                batch.values[place] = value;
                let features = engine.features(&pixels, &batch.prompts()).unwrap();
                features.iter().map(|&f| 0.5 * f64::from(f).powi(2)).sum::<f64>()
            };
            let (step, gradient) = (1e-2, f64::from(got.prompts[place]));
            let expected = (at(was + step) - at(was - step)) / f64::from(2.0 * step);
            at(was);
            let bound = 2e-3 * expected.abs() + 1e-3;
            assert!((gradient - expected).abs() <= bound, "{case}[{place}]: {gradient} {expected}");
        }
    }
}
