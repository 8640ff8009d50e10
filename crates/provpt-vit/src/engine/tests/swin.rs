//! Networks in stages, with prompts, against golden numbers on every device.

use super::batch::Batch;
use super::counted::{Counted, Counts};
use super::engines;
use super::support::{Golden, assert_close, backbone};
use crate::kernels::plain::Plain;
use crate::weights::Tensor;
use crate::{
    Architecture, Backbone, Engine, Images, Placement, Pooling, Precision, PromptMask, PromptPool,
    Prompts,
};

/// One of the two golden networks: four stages, or two with several windows in the last.
pub(super) fn golden_swin(name: &str) -> Backbone {
    let architecture = match name {
        "swin" => Architecture::swin(64, 8, [2, 2, 2, 1], [1, 2, 4, 8], 4),
        _ => Architecture::swin(64, 8, [2, 2], [2, 2], 4),
    };
    let golden = Golden::read(&format!("transfer/{name}.ms.safetensors"));
    let is_weight = |name: &str| !name.ends_with("attn_mask") && !name.ends_with("position_index");
    let tensor = |values: &[f32]| Tensor { shape: vec![values.len()], data: values.to_vec() };
    let all = golden.under("").filter(|(name, _)| is_weight(name));
    let tensors = all.map(|(name, values)| (name.to_owned(), tensor(values))).collect();
    Backbone { architecture, tensors, ..backbone("vit.timm.safetensors", Pooling::Cls) }
}

/// The golden images.
pub(super) fn pixels(name: &str) -> Vec<f32> {
    let golden = Golden::read(&format!("transfer/{name}.inputs.safetensors"));
    golden.get("images.u8").iter().map(|value| (value / 255.0 - 0.5) / 0.5).collect()
}

/// A golden step.
pub(super) fn step(case: &str, a: &Architecture) -> Batch {
    Batch::in_stages(&format!("transfer/step.{case}.safetensors"), a)
}

#[test]
fn features_match() {
    for name in ["swin", "swin2"] {
        let golden = Golden::read(&format!("transfer/{name}.expected.safetensors"));
        for (device, engine) in engines(&golden_swin(name)) {
            let features = engine.features(&pixels(name), &Prompts::NONE).unwrap();
            assert_close(device, &features, golden.get("features"), 2e-5, 0.0);
        }
    }
}

fn check(name: &str, kind: &str, pool: PromptPool) {
    let mut backbone = golden_swin(name);
    backbone.architecture.prompt_pool = pool;
    let batch = step(&format!("{name}.{kind}"), &backbone.architecture);
    let mask = GivenMask { batch: &batch, a: &backbone.architecture };
    let mask = (kind == "dropout").then_some(&mask as &dyn PromptMask);
    for (device, engine) in engines(&backbone) {
        println!("{name}, {kind}, {device}");
        batch.check_in_stages(&engine, &pixels(name), mask);
    }
}

#[test]
fn deep_prompts_match() {
    for kind in ["deep", "ragged"] {
        check("swin", kind, PromptPool::Original);
        check("swin2", kind, PromptPool::Original);
    }
    check("swin", "deep_pool_img", PromptPool::Image);
}

#[test]
fn shallow_prompts_match() {
    check("swin", "shallow", PromptPool::Original);
    check("swin2", "shallow", PromptPool::Original);
}

/// The golden file's dropout multipliers: per image in the first block, else for all images.
struct GivenMask<'a> {
    batch: &'a Batch,
    a: &'a Architecture,
}

impl PromptMask for GivenMask<'_> {
    fn fill(&self, image: usize, prompt: usize, multipliers: &mut [f32]) {
        let (block, width) = (self.batch.block_of[prompt], multipliers.len());
        let row = prompt - self.batch.block_of.iter().position(|&b| b == block).unwrap();
        let count = self.batch.block_of.iter().filter(|&&b| b == block).count();
        let row = if block == 0 { image * count + row } else { row };
        let (stage, index) = self.a.stages.unwrap().place(block);
        let mask = self.batch.golden.get(&format!("mask.{stage}.{index}"));
        multipliers.copy_from_slice(&mask[row * width..(row + 1) * width]);
    }
}

#[test]
fn dropout_matches() {
    check("swin", "dropout", PromptPool::Original);
    let backbone = golden_swin("swin");
    let batch = step("swin.dropout", &backbone.architecture);
    let mask = GivenMask { batch: &batch, a: &backbone.architecture };
    let engine = Engine::new(backbone.clone(), 1).unwrap();
    let keep = |_, features: &[f32]| (features.to_vec(), features.to_vec());
    let images = pixels("swin");
    let (_, expected) = engine.gradients(&images, &batch.prompts(), Some(&mask), keep).unwrap();
    let features = engine.masked_features(&images, &batch.prompts(), &mask).unwrap();
    assert_eq!(features, expected.concat());
}

#[test]
fn removing_a_prompt_equals_a_bank_without_it() {
    let cases = [
        ("swin.deep", PromptPool::Original),
        ("swin.deep_pool_img", PromptPool::Image),
        ("swin2.ragged", PromptPool::Original),
    ];
    for (case, pool) in cases {
        let (name, _) = case.split_once('.').unwrap();
        let mut backbone = golden_swin(name);
        backbone.architecture.prompt_pool = pool;
        let batch = step(case, &backbone.architecture);
        let engine = Engine::new(backbone, 2).unwrap();
        batch.check_removal(&engine, &pixels(name), case);
        batch.check_losses_without(&engine, &pixels(name));
    }
}

#[test]
fn tokens_in_front_of_the_first_prompt_stand_for_the_images() {
    // One prompt in the last block but one, as late as tokens can be of use.
    let backbone = golden_swin("swin");
    let values = vec![0.5; 32];
    let prompts =
        Prompts { values: &values, block_of: &[5], placement: Placement::Deep, logits: &[] };
    for (device, engine) in engines(&backbone) {
        let images = pixels("swin");
        let expected = engine.features(&images, &prompts).unwrap();
        for block in 0..=5 {
            let values = engine.tokens(&images, block).unwrap();
            assert_eq!(values.len(), 4 * engine.architecture().block_values(block));
            let tokens = Images::Tokens { block, values: &values };
            let got = engine.features(tokens, &prompts).unwrap();
            assert_close(&format!("{device}, block {block}"), &got, &expected, 1e-6, 1e-5);
        }
    }
}

#[test]
fn images_do_not_mix() {
    // The published code gives each image what others' windows made of its prompts.
    let backbone = golden_swin("swin2");
    let batch = step("swin2.shallow", &backbone.architecture);
    let engine = Engine::new(backbone, 1).unwrap();
    let images = pixels("swin2");
    let together = engine.features(&images, &batch.prompts()).unwrap();
    let one = images.len() / 4;
    let alone: Vec<f32> = images
        .chunks(one)
        .flat_map(|image| engine.features(image, &batch.prompts()).unwrap())
        .collect();
    assert_close("features", &together, &alone, 1e-6, 1e-6);
}

#[test]
fn a_step_in_stages_waits_twice_and_allocates_nothing() {
    let backbone = golden_swin("swin");
    let batch = step("swin.deep", &backbone.architecture);
    let counts = Counts::default();
    let device = Counted::new(Plain { chunk_images: 4 }, counts.clone());
    let engine = Engine::on(|_| Ok(device), backbone, 1).unwrap();
    let images = pixels("swin");
    let loss = |_, features: &[f32]| (features.to_vec(), ());
    for _ in 0..2 {
        counts.take();
        engine.gradients(&images, &batch.prompts(), None, loss).unwrap();
    }
    // Prompts of seven blocks, pixels, and d loss / d features.
    assert_eq!(counts.take(), [0, 7 + 2, 2]);
}

#[test]
fn bf16_is_close_in_stages() {
    let backbone = golden_swin("swin");
    let batch = step("swin.deep", &backbone.architecture);
    let exact = Engine::new(backbone.clone(), 1).unwrap();
    let rough = Engine::with_precision(backbone, 1, Precision::Bf16).unwrap();
    let [exact, rough] =
        [exact, rough].map(|engine| engine.features(&pixels("swin"), &batch.prompts()).unwrap());
    let norm = |values: &[f32]| values.iter().map(|v| f64::from(v * v)).sum::<f64>().sqrt();
    let error: Vec<f32> = exact.iter().zip(&rough).map(|(a, b)| a - b).collect();
    let relative = norm(&error) / norm(&exact);
    assert!(relative > 0.0 && relative < 0.02, "{relative}");
}

#[test]
fn what_cannot_be_cut_into_windows_is_refused() {
    let mut backbone = golden_swin("swin");
    let message = |backbone: &Backbone| Engine::new(backbone.clone(), 1).err().unwrap().to_string();
    backbone.architecture.image_size = 72;
    assert_eq!(
        message(&backbone),
        "images: expected a grid that 4 divides in stage 0, got 18 x 18"
    );
    backbone.architecture.image_size = 48;
    assert_eq!(message(&backbone), "images: expected a grid that 4 divides in stage 1, got 6 x 6");
    let images = pixels("swin");
    let engine = Engine::new(golden_swin("swin"), 1).unwrap();
    let prompts =
        Prompts { values: &[0.0; 8], block_of: &[2], placement: Placement::Deep, logits: &[] };
    let error = engine.features(&images, &prompts).unwrap_err().to_string();
    assert_eq!(error, "prompts: expected 16 values, got 8");
}
