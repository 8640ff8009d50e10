//! A golden batch, and what is checked on it.

use super::support::{Golden, assert_close};
use crate::{Engine, Gradients, Images, Placement, PromptMask, Prompts};

pub(super) const WIDTH: usize = 32;
const CLASSES: usize = 5;

/// A golden batch: prompts in bank order, and where each came from.
pub(super) struct Batch {
    pub(super) golden: Golden,
    pub(super) values: Vec<f32>,
    pub(super) block_of: Vec<usize>,
    pub(super) placement: Placement,
}

impl Batch {
    pub(super) fn read(name: &str) -> Self {
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

    pub(super) fn prompts(&self) -> Prompts<'_> {
        Prompts { values: &self.values, block_of: &self.block_of, placement: self.placement }
    }

    /// Per-block golden values, concatenated in bank order.
    pub(super) fn expected(&self, name: &str) -> Vec<f32> {
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
    pub(super) fn loss(&self, first: usize, features: &[f32]) -> (Vec<f32>, (f64, Vec<f32>)) {
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

    /// Each prompt left out in turn, against a bank that never had it.
    pub(super) fn check_removal(&self, engine: &Engine, what: &str) {
        let rows: Vec<usize> = (0..self.block_of.len()).collect();
        let pixels = self.golden.get("images");
        let all = engine.leave_one_out(pixels, &self.prompts(), &rows).unwrap();
        assert_eq!(all[0], engine.features(pixels, &self.prompts()).unwrap());
        for row in rows {
            let (mut values, mut block_of) = (self.values.clone(), self.block_of.clone());
            values.drain(row * WIDTH..(row + 1) * WIDTH);
            block_of.remove(row);
            let rest = Prompts { values: &values, block_of: &block_of, placement: self.placement };
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
