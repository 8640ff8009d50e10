//! One batch forward and backward against golden numbers.
#![allow(clippy::unwrap_used)]

mod support;

use provpt_vit::{Engine, Gradients, Images, Placement, Pooling, PromptMask, Prompts};
use support::{Golden, assert_close, backbone};

const WIDTH: usize = 32;
const CLASSES: usize = 5;

/// A golden batch: prompts in bank order, and where each came from.
struct Batch {
    golden: Golden,
    values: Vec<f32>,
    block_of: Vec<usize>,
    placement: Placement,
}

impl Batch {
    fn read(name: &str) -> Self {
        let golden = Golden::read(name);
        let mut values = Vec::new();
        let mut block_of = Vec::new();
        for block in 0..4 {
            if let Some(rows) = golden.try_get(&format!("prompts.{block}")) {
                values.extend_from_slice(rows);
                block_of.extend(vec![block; rows.len() / WIDTH]);
            }
        }
        let mut placement = Placement::Deep;
        if let Some(rows) = golden.try_get("prompts") {
            values = rows.to_vec();
            block_of = vec![0; rows.len() / WIDTH];
            placement = Placement::Shallow;
        }
        Self { golden, values, block_of, placement }
    }

    fn prompts(&self) -> Prompts<'_> {
        Prompts { values: &self.values, block_of: &self.block_of, placement: self.placement }
    }

    /// Per-block golden values, concatenated in bank order.
    fn expected(&self, name: &str) -> Vec<f32> {
        match self.golden.try_get(name) {
            Some(whole) => whole.to_vec(),
            None => (0..4)
                .filter_map(|b| self.golden.try_get(&format!("{name}.{b}")))
                .flatten()
                .copied()
                .collect(),
        }
    }

    /// Mean cross-entropy in f64: d loss / d features, and the losses' sum over the chunk.
    fn loss(&self, first: usize, features: &[f32]) -> (Vec<f32>, (f64, Vec<f32>)) {
        let (weight, bias) = (self.golden.get("head.weight"), self.golden.get("head.bias"));
        let labels = self.golden.get("labels");
        let mut d_features = vec![0.0; features.len()];
        let (mut total, mut all_logits) = (0.0, Vec::new());
        for (i, row) in features.chunks_exact(WIDTH).enumerate() {
            let logit = |c: usize| -> f64 {
                let w = &weight[c * WIDTH..(c + 1) * WIDTH];
                f64::from(bias[c]) + row.iter().zip(w).map(|(&x, &w)| f64::from(x * w)).sum::<f64>()
            };
            let logits: Vec<f64> = (0..CLASSES).map(logit).collect();
            let sum: f64 = logits.iter().map(|l| l.exp()).sum();
            let label = labels[first + i] as usize;
            total += (sum.ln() - logits[label]) / labels.len() as f64;
            for (c, l) in logits.iter().enumerate() {
                let d = (l.exp() / sum - f64::from(u8::from(c == label))) / labels.len() as f64;
                for (g, w) in d_features[i * WIDTH..].iter_mut().zip(&weight[c * WIDTH..][..WIDTH])
                {
                    *g += d as f32 * w;
                }
            }
            all_logits.extend(logits.iter().map(|&l| l as f32));
        }
        (d_features, (total, all_logits))
    }

    fn run(&self, engine: &Engine, mask: Option<&dyn PromptMask>) -> (Gradients, f64, Vec<f32>) {
        self.run_from(engine, self.golden.get("images").into(), mask)
    }

    fn run_from(
        &self,
        engine: &Engine,
        images: Images<'_>,
        mask: Option<&dyn PromptMask>,
    ) -> (Gradients, f64, Vec<f32>) {
        let (gradients, parts) = engine
            .gradients(images, &self.prompts(), mask, |range, f| self.loss(range.start, f))
            .unwrap();
        let loss = parts.iter().map(|(loss, _)| loss).sum();
        (gradients, loss, parts.into_iter().flat_map(|(_, logits)| logits).collect())
    }

    fn check(&self, engine: &Engine, mask: Option<&dyn PromptMask>) {
        let (gradients, loss, logits) = self.run(engine, mask);
        assert_close("logits", &logits, self.golden.get("logits"), 5e-5, 0.0);
        assert_close("loss", &[loss as f32], self.golden.get("loss"), 1e-5, 0.0);
        assert_close("prompts", &gradients.prompts, &self.expected("grad.prompts"), 1e-5, 1e-4);
        if self.placement == Placement::Deep {
            let attention = self.expected("idleness.attention");
            assert_close("attention", &gradients.attention, &attention, 1e-5, 1e-4);
            assert_close("gate", &gradients.gate, &self.expected("idleness.gate"), 2e-7, 1e-3);
        }
    }
}

fn check(model: &str, pooling: Pooling, cases: &[&str]) {
    let file = if model == "dinov2" { "dinov2.timm.safetensors" } else { "vit.timm.safetensors" };
    for threads in [1, 2] {
        let engine = Engine::new(backbone(file, pooling), threads).unwrap();
        for case in cases {
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
    let engine = Engine::new(backbone("vit.timm.safetensors", Pooling::Cls), 2).unwrap();
    batch.check(&engine, Some(&GivenMask { batch: &batch }));
}

#[test]
fn removing_a_prompt_equals_a_bank_without_it() {
    for (name, pooling) in [("vit", Pooling::Cls), ("mae", Pooling::Mean)] {
        let batch = Batch::read(&format!("step.{name}.ragged.safetensors"));
        let engine = Engine::new(backbone("vit.timm.safetensors", pooling), 2).unwrap();
        let rows: Vec<usize> = (0..batch.block_of.len()).collect();
        let pixels = batch.golden.get("images");
        let all = engine.leave_one_out(pixels, &batch.prompts(), &rows).unwrap();
        assert_eq!(all[0], engine.features(pixels, &batch.prompts()).unwrap());
        for row in rows {
            let mut values = batch.values.clone();
            values.drain(row * WIDTH..(row + 1) * WIDTH);
            let mut block_of = batch.block_of.clone();
            block_of.remove(row);
            let rest = Prompts { values: &values, block_of: &block_of, placement: batch.placement };
            let expected = engine.features(pixels, &rest).unwrap();
            assert_eq!(all[1 + row], expected, "{name}: without prompt {row}");
            assert_ne!(all[0], expected, "{name}: prompt {row} had no effect");
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
    let turned = Prompts { values: &values, block_of: &block_of, placement: Placement::Deep };
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
        let engine = Engine::new(backbone("vit.timm.safetensors", pooling), 2).unwrap();
        let mut batch = Batch::read(&format!("step.{case}.safetensors"));
        // Nothing in block 0.
        batch.block_of.iter_mut().for_each(|block| *block = (*block).max(last));
        let pixels = batch.golden.get("images");
        let (gradients, loss, logits) = batch.run(&engine, None);
        for block in 0..=last {
            let values = engine.tokens(pixels, block).unwrap();
            let tokens = Images::Tokens { block, values: &values };
            let (same, same_loss, same_logits) = batch.run_from(&engine, tokens, None);
            assert_eq!(same.prompts, gradients.prompts, "{case}, block {block}");
            assert_eq!((same_loss, &same_logits), (loss, &logits));
            let all = engine.leave_one_out(tokens, &batch.prompts(), &[0]).unwrap();
            assert_eq!(all, engine.leave_one_out(pixels, &batch.prompts(), &[0]).unwrap());
            assert_eq!(engine.tokens(tokens, last).unwrap(), engine.tokens(pixels, last).unwrap());
        }
        let values = engine.tokens(pixels, last + 1).unwrap();
        let tokens = Images::Tokens { block: last + 1, values: &values };
        let error = engine.features(tokens, &batch.prompts()).unwrap_err().to_string();
        assert!(
            error.contains(&format!("expected tokens of block {last} at the latest")),
            "{error}"
        );
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let engine = Engine::new(backbone("vit.timm.safetensors", Pooling::Cls), 1).unwrap();
    let message = |pixels: &[f32], values: &[f32], block_of: &[usize]| {
        let prompts = Prompts { values, block_of, placement: Placement::Deep };
        engine.features(pixels, &prompts).unwrap_err().to_string()
    };
    let pixels = vec![0.0; 3 * 32 * 32];
    assert!(message(&pixels[1..], &[], &[]).contains("expected a multiple of 3072"));
    assert!(message(&pixels, &[0.0; 31], &[0]).contains("expected 32 values, got 31"));
    assert!(message(&pixels, &[0.0; 32], &[4]).contains("expected a block below 4, got 4"));
}
