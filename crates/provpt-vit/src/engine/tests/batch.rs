//! A golden batch, and what is checked on it.

use super::support::{Golden, assert_close};
use crate::{Architecture, Engine, Gradients, Images, Placement, PromptMask, Prompts, Tuned};

pub(super) const WIDTH: usize = 32;
const CLASSES: usize = 5;

/// A golden batch: prompts in bank order, and where each came from.
pub(super) struct Batch {
    pub(super) golden: Golden,
    pub(super) values: Vec<f32>,
    pub(super) block_of: Vec<usize>,
    pub(super) placement: Placement,
    /// What is behind the names of each block's prompts, and the width of features.
    blocks: Vec<String>,
    features: usize,
}

impl Batch {
    pub(super) fn read(name: &str) -> Self {
        let blocks = (0..4).map(|block| (block.to_string(), WIDTH)).collect();
        Self::with_blocks(name, blocks, WIDTH)
    }

    /// One of a network in stages.
    pub(super) fn in_stages(name: &str, a: &Architecture) -> Self {
        let block = |block| {
            let (stage, index) = a.stages.unwrap().place(block);
            (format!("{stage}.{index}"), a.block_width(block))
        };
        Self::with_blocks(name, (0..a.depth).map(block).collect(), a.width)
    }

    pub(super) fn with_blocks(name: &str, blocks: Vec<(String, usize)>, features: usize) -> Self {
        let golden = Golden::read(name);
        let mut values = Vec::new();
        let mut block_of = Vec::new();
        for (index, (block, width)) in blocks.iter().enumerate() {
            if let Some(rows) = golden.try_get(&format!("prompts.{block}")) {
                values.extend_from_slice(rows);
                block_of.extend(vec![index; rows.len() / width]);
            }
        }
        let mut placement = Placement::Deep;
        if let Some(rows) = golden.try_get("prompts") {
            values = rows.to_vec();
            block_of = vec![0; rows.len() / blocks[0].1];
            placement = Placement::Shallow;
        }
        let blocks = blocks.into_iter().map(|(block, _)| block).collect();
        Self { golden, values, block_of, placement, blocks, features }
    }

    pub(super) fn prompts(&self) -> Prompts<'_> {
        Prompts {
            values: &self.values,
            block_of: &self.block_of,
            placement: self.placement,
            logits: &[],
        }
    }

    /// Per-block golden values, concatenated in bank order.
    pub(super) fn expected(&self, name: &str) -> Vec<f32> {
        match self.golden.try_get(name) {
            Some(whole) => whole.to_vec(),
            None => self
                .blocks
                .iter()
                .filter_map(|b| self.golden.try_get(&format!("{name}.{b}")))
                .flatten()
                .copied()
                .collect(),
        }
    }

    /// Mean cross-entropy in f64: d loss / d features, and the losses' sum over the chunk.
    pub(super) fn loss(&self, first: usize, features: &[f32]) -> (Vec<f32>, (f64, Vec<f32>)) {
        let (weight, bias) = (self.golden.get("head.weight"), self.golden.get("head.bias"));
        let labels = self.golden.get("labels");
        let (d, mut d_features) = (self.features, vec![0.0; features.len()]);
        let (mut total, mut all_logits) = (0.0, Vec::new());
        for (i, row) in features.chunks_exact(d).enumerate() {
            let logit = |c: usize| -> f64 {
                let w = &weight[c * d..(c + 1) * d];
                f64::from(bias[c]) + row.iter().zip(w).map(|(&x, &w)| f64::from(x * w)).sum::<f64>()
            };
            let logits: Vec<f64> = (0..CLASSES).map(logit).collect();
            let sum: f64 = logits.iter().map(|l| l.exp()).sum();
            let label = labels[first + i] as usize;
            total += (sum.ln() - logits[label]) / labels.len() as f64;
            for (c, l) in logits.iter().enumerate() {
                let slope = (l.exp() / sum - f64::from(u8::from(c == label))) / labels.len() as f64;
                for (g, w) in d_features[i * d..].iter_mut().zip(&weight[c * d..][..d]) {
                    *g += slope as f32 * w;
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

    /// Each prompt left out in turn, against a bank that never had it.
    pub(super) fn check_removal(&self, engine: &Engine, pixels: &[f32], what: &str) {
        let rows: Vec<usize> = (0..self.block_of.len()).collect();
        let all = engine.leave_one_out(pixels, &self.prompts(), &rows).unwrap();
        assert_eq!(all[0], engine.features(pixels, &self.prompts()).unwrap());
        for row in rows {
            let (mut values, mut block_of) = (self.values.clone(), self.block_of.clone());
            values.drain(self.prompts().range(engine.architecture(), row));
            block_of.remove(row);
            let rest = Prompts {
                values: &values,
                block_of: &block_of,
                placement: self.placement,
                logits: &[],
            };
            let expected = engine.features(pixels, &rest).unwrap();
            assert_eq!(all[1 + row], expected, "{what}: without prompt {row}");
            assert_ne!(all[0], expected, "{what}: prompt {row} had no effect");
        }
    }

    /// Tokens of any block up to the first with a prompt, against the images themselves.
    pub(super) fn check_tokens(&self, engine: &Engine, last: usize, what: &str) {
        let pixels = self.golden.get("images");
        let (gradients, loss, logits) = self.run(engine, None);
        for block in 0..=last {
            let values = engine.tokens(pixels, block).unwrap();
            let tokens = Images::Tokens { block, values: &values };
            let (same, same_loss, same_logits) = self.run_from(engine, tokens, None);
            let close = |part: &str, got: &[f32], expected: &[f32]| {
                assert_close(&format!("{what}, block {block}: {part}"), got, expected, 1e-6, 1e-5);
            };
            close("prompts", &same.prompts, &gradients.prompts);
            close("loss", &[same_loss as f32], &[loss as f32]);
            close("logits", &same_logits, &logits);
            let all = engine.leave_one_out(tokens, &self.prompts(), &[0]).unwrap();
            let expected = engine.leave_one_out(pixels, &self.prompts(), &[0]).unwrap();
            close("features", &all.concat(), &expected.concat());
            let further = engine.tokens(tokens, last).unwrap();
            close("tokens", &further, &engine.tokens(pixels, last).unwrap());
        }
        let values = engine.tokens(pixels, last + 1).unwrap();
        let tokens = Images::Tokens { block: last + 1, values: &values };
        let error = engine.features(tokens, &self.prompts()).unwrap_err().to_string();
        let expected = format!("expected tokens of block {last} at the latest");
        assert!(error.contains(&expected), "{error}");
    }

    /// The losses with each prompt left out in turn.
    pub(super) fn check_losses_without(&self, engine: &Engine, pixels: &[f32]) {
        let rows: Vec<usize> = (0..self.block_of.len()).collect();
        let all = engine.leave_one_out(pixels, &self.prompts(), &rows).unwrap();
        let losses: Vec<f32> = all[1..].iter().map(|f| self.loss(0, f).1.0 as f32).collect();
        assert_close("losses", &losses, &self.expected("loss.without"), 5e-5, 0.0);
    }

    /// Logits, loss and gradients of prompts.
    pub(super) fn check_values(
        &self,
        engine: &Engine,
        pixels: &[f32],
        tuned: Tuned<'_>,
        what: &str,
    ) -> Gradients {
        let (got, parts) =
            engine.gradients(pixels, tuned, None, |range, f| self.loss(range.start, f)).unwrap();
        let loss: f64 = parts.iter().map(|(loss, _)| loss).sum();
        let logits: Vec<f32> = parts.into_iter().flat_map(|(_, logits)| logits).collect();
        assert_close(what, &logits, self.golden.get("logits"), 5e-5, 0.0);
        assert_close(what, &[loss as f32], self.golden.get("loss"), 5e-5, 0.0);
        if !tuned.prompts.is_empty() {
            assert_close(what, &got.prompts, &self.expected("grad.prompts"), 1e-5, 1e-4);
        }
        got
    }

    /// A step of a network in stages.
    pub(super) fn check_in_stages(
        &self,
        engine: &Engine,
        pixels: &[f32],
        mask: Option<&dyn PromptMask>,
    ) {
        let (gradients, loss, logits) = self.run_from(engine, pixels.into(), mask);
        assert_close("logits", &logits, self.golden.get("logits"), 5e-5, 0.0);
        assert_close("loss", &[loss as f32], self.golden.get("loss"), 5e-5, 0.0);
        assert_close("prompts", &gradients.prompts, &self.expected("grad.prompts"), 1e-5, 1e-4);
        if self.placement == Placement::Deep && mask.is_none() {
            let attention = self.expected("idleness.attention");
            assert_close("attention", &gradients.attention, &attention, 1e-5, 1e-4);
            assert_close("gate", &gradients.gate, &self.expected("idleness.gate"), 2e-7, 1e-3);
        }
    }

    pub(super) fn check(&self, engine: &Engine, mask: Option<&dyn PromptMask>) {
        let (gradients, loss, logits) = self.run(engine, mask);
        assert_close("logits", &logits, self.golden.get("logits"), 5e-5, 0.0);
        assert_close("loss", &[loss as f32], self.golden.get("loss"), 1e-5, 0.0);
        assert_close("prompts", &gradients.prompts, &self.expected("grad.prompts"), 1e-5, 1e-4);
        if self.placement == Placement::Deep {
            let attention = self.expected("idleness.attention");
            assert_close("attention", &gradients.attention, &attention, 1e-5, 1e-4);
            assert_close("gate", &gradients.gate, &self.expected("idleness.gate"), 2e-10, 1e-3);
        }
    }
}
