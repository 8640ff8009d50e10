//! One batch forward and backward against golden numbers, on every device.

use super::batch::{Batch, WIDTH};
use super::engines;
use super::support::{assert_close, backbone};
use crate::{Backbone, Engine, Placement, Pooling, PromptMask, Prompts};

fn check(model: &str, pooling: Pooling, cases: &[&str]) {
    let file = if model == "dinov2" { "dinov2.timm.safetensors" } else { "vit.timm.safetensors" };
    check_on(&backbone(file, pooling), model, cases);
}

fn check_on(backbone: &Backbone, model: &str, cases: &[&str]) {
    for (device, engine) in engines(backbone) {
        for case in cases {
            println!("{device}: {case}");
            Batch::read(&format!("step.{model}.{case}.safetensors")).check(&engine, None);
        }
    }
}

#[test]
fn vit_steps_match() {
    check("vit", Pooling::Cls, &["uniform", "ragged", "first_block", "vpt_shallow"]);
}

#[test]
fn mae_steps_match() {
    check("mae", Pooling::Mean, &["uniform", "ragged", "first_block"]);
}

#[test]
fn dinov2_steps_match() {
    check("dinov2", Pooling::Cls, &["uniform", "ragged", "first_block"]);
}

#[test]
fn dinov2_steps_match_with_folded_scales() {
    let scaled = backbone("dinov2.timm.safetensors", Pooling::Cls);
    let folded = scaled.clone().with_folded_scales();
    assert!(scaled.architecture.layer_scale && !folded.architecture.layer_scale);
    assert_eq!(folded.tensors.len() + 2 * folded.architecture.depth, scaled.tensors.len());
    check_on(&folded, "dinov2", &["uniform", "ragged", "first_block"]);
}

/// The golden file's dropout multipliers.
struct GivenMask<'a> {
    batch: &'a Batch,
}

impl PromptMask for GivenMask<'_> {
    fn fill(&self, image: usize, prompt: usize, multipliers: &mut [f32]) {
        let block = self.batch.block_of[prompt];
        let first = self.batch.block_of.iter().position(|&b| b == block).unwrap();
        let count = self.batch.block_of.iter().filter(|&&b| b == block).count();
        let row = image * count + prompt - first;
        let mask = self.batch.golden.get(&format!("mask.{block}"));
        multipliers.copy_from_slice(&mask[row * WIDTH..(row + 1) * WIDTH]);
    }
}

#[test]
fn dropout_step_matches() {
    let batch = Batch::read("step.vit.dropout.safetensors");
    for (device, engine) in engines(&backbone("vit.timm.safetensors", Pooling::Cls)) {
        println!("{device}");
        let mask = GivenMask { batch: &batch };
        batch.check(&engine, Some(&mask));
        let images = batch.golden.get("images");
        let keep = |_, features: &[f32]| (features.to_vec(), features.to_vec());
        let (_, expected) = engine.gradients(images, &batch.prompts(), Some(&mask), keep).unwrap();
        let features = engine.masked_features(images, &batch.prompts(), &mask).unwrap();
        assert_eq!(features, expected.concat(), "{device}");
    }
}

#[test]
fn removing_a_prompt_equals_a_bank_without_it() {
    for (name, pooling) in [("vit", Pooling::Cls), ("mae", Pooling::Mean)] {
        let batch = Batch::read(&format!("step.{name}.ragged.safetensors"));
        for (device, engine) in engines(&backbone("vit.timm.safetensors", pooling)) {
            let pixels = batch.golden.get("images");
            batch.check_removal(&engine, pixels, &format!("{name}, {device}"));
        }
    }
}

#[test]
fn order_within_a_block_changes_nothing() {
    let batch = Batch::read("step.vit.uniform.safetensors");
    let engine = Engine::new(backbone("vit.timm.safetensors", Pooling::Cls), 1).unwrap();
    let order: Vec<usize> = (0..batch.block_of.len()).rev().collect();
    let rows = order.iter().flat_map(|r| &batch.values[r * WIDTH..(r + 1) * WIDTH]);
    let values: Vec<f32> = rows.copied().collect();
    let block_of: Vec<usize> = order.iter().map(|&r| batch.block_of[r]).collect();
    let turned =
        Prompts { values: &values, block_of: &block_of, placement: Placement::Deep, logits: &[] };
    let pixels = batch.golden.get("images");
    let a = engine.features(pixels, &batch.prompts()).unwrap();
    let b = engine.features(pixels, &turned).unwrap();
    assert_close("features", &b, &a, 1e-6, 1e-6);
}

#[test]
fn tokens_in_front_of_the_first_prompt_stand_for_the_images() {
    let cases = [
        ("vit.ragged", Pooling::Cls, 1),
        ("mae.ragged", Pooling::Mean, 1),
        ("vit.vpt_shallow", Pooling::Cls, 0),
    ];
    for (case, pooling, last) in cases {
        let mut batch = Batch::read(&format!("step.{case}.safetensors"));
        // Nothing in block 0.
        batch.block_of.iter_mut().for_each(|block| *block = (*block).max(last));
        for (device, engine) in engines(&backbone("vit.timm.safetensors", pooling)) {
            batch.check_tokens(&engine, last, &format!("{case}, {device}"));
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let engine = Engine::new(backbone("vit.timm.safetensors", Pooling::Cls), 1).unwrap();
    let message = |pixels: &[f32], values: &[f32], block_of: &[usize]| {
        let prompts = Prompts { values, block_of, placement: Placement::Deep, logits: &[] };
        engine.features(pixels, &prompts).unwrap_err().to_string()
    };
    let pixels = vec![0.0; 3 * 32 * 32];
    assert!(message(&pixels[1..], &[], &[]).contains("expected a multiple of 3072"));
    assert!(message(&pixels, &[0.0; 31], &[0]).contains("expected 32 values, got 31"));
    assert!(message(&pixels, &[0.0; 32], &[4]).contains("expected a block below 4, got 4"));
    let message = |placement, count: usize, block: usize| {
        let (values, block_of) = (vec![0.1; 32 * count], vec![block; count]);
        let prompts = Prompts { values: &values, block_of: &block_of, placement, logits: &[] };
        let error = engine.leave_one_out(&pixels, &prompts, &[0]).unwrap_err();
        error.to_string()
    };
    assert!(message(Placement::DeepThenStay(1), 1, 2).contains("a block below 2, got 2"));
    let added = "prompts: expected 1 or 17 in block 2, to be added to tokens, got 3";
    assert_eq!(message(Placement::Added, 3, 2), added);
    assert!(message(Placement::Added, 1, 2).ends_with("got some that are added"));
}
