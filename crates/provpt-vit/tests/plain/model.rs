//! The model.

#![allow(clippy::needless_range_loop)] // Index by index, as formulas are written.

use provpt_vit::{Architecture, Backbone, Pooling, PromptMask, PromptPool};

use super::Bank;
use super::math::{gelu, softmax};
use super::weights::{Block, Weights};

/// One token on its way through the blocks.
#[derive(Clone, Debug)]
struct Token {
    /// Its row in the bank, if it is a prompt.
    prompt: Option<usize>,
    x: Vec<f64>,
}

/// A backbone in f64.
pub(crate) struct Model {
    architecture: Architecture,
    weights: Weights,
}

impl Model {
    pub(crate) fn new(backbone: &Backbone) -> Self {
        Self { architecture: backbone.architecture.clone(), weights: Weights::read(backbone) }
    }

    /// Features `[d]` of one image, the `index`th of its batch.
    pub(crate) fn features(
        &self,
        pixels: &[f32],
        bank: &Bank,
        mask: Option<&dyn PromptMask>,
        index: usize,
    ) -> Vec<f64> {
        let prompts = bank.masked(mask, index);
        let mut tokens = self.embed(pixels);
        for (index, block) in self.weights.blocks.iter().enumerate() {
            place(&mut tokens, &prompts, bank, index);
            self.block(&mut tokens, block, &bank.logits);
        }
        self.pool(&tokens)
    }

    /// What the bare blocks in front of `block` make of an image: `[N, d]`.
    pub(crate) fn tokens(&self, pixels: &[f32], block: usize) -> Vec<f64> {
        let mut tokens = self.embed(pixels);
        for block in &self.weights.blocks[..block] {
            self.block(&mut tokens, block, &[]);
        }
        tokens.into_iter().flat_map(|token| token.x).collect()
    }

    /// CLS and one token per patch, each with its position.
    fn embed(&self, pixels: &[f32]) -> Vec<Token> {
        let (grid, d) = (self.architecture.grid(), self.architecture.width);
        let mut rows = vec![self.weights.cls_token.clone()];
        for y in 0..grid {
            for x in 0..grid {
                rows.push(self.patch(pixels, y, x));
            }
        }
        for (n, row) in rows.iter_mut().enumerate() {
            for i in 0..d {
                row[i] += self.weights.pos_embed[n * d + i];
            }
        }
        rows.into_iter().map(|x| Token { prompt: None, x }).collect()
    }

    /// The convolution at one place of the grid.
    fn patch(&self, pixels: &[f32], y: usize, x: usize) -> Vec<f64> {
        let Architecture { image_size: side, patch_size: p, width: d, .. } = self.architecture;
        let mut row = self.weights.patch_embed.bias.clone();
        for out in 0..d {
            for channel in 0..3 {
                for dy in 0..p {
                    for dx in 0..p {
                        let pixel = (channel * side + y * p + dy) * side + x * p + dx;
                        let weight = ((out * 3 + channel) * p + dy) * p + dx;
                        let weight = self.weights.patch_embed.weight[weight];
                        row[out] += weight * f64::from(pixels[pixel]);
                    }
                }
            }
        }
        row
    }

    /// `x + ls1 * attention(norm1(x))`, then `x + ls2 * mlp(norm2(x))`.
    fn block(&self, tokens: &mut [Token], w: &Block, logits: &[f64]) {
        let mixed = self.attention(tokens, w, logits);
        for (token, mixed) in tokens.iter_mut().zip(mixed) {
            let out = w.proj.of(&mixed);
            for i in 0..out.len() {
                token.x[i] += w.ls1[i] * out[i];
            }
        }
        for token in tokens {
            let mut hidden = w.fc1.of(&w.norm2.of(&token.x));
            for h in &mut hidden {
                *h = gelu(*h);
            }
            let out = w.fc2.of(&hidden);
            for i in 0..out.len() {
                token.x[i] += w.ls2[i] * out[i];
            }
        }
    }

    /// Each token's mixture of values, heads side by side.
    fn attention(&self, tokens: &[Token], w: &Block, logits: &[f64]) -> Vec<Vec<f64>> {
        let Architecture { width: d, heads, .. } = self.architecture;
        let qkv: Vec<Vec<f64>> = tokens.iter().map(|t| w.qkv.of(&w.norm1.of(&t.x))).collect();
        let scale = ((d / heads) as f64).sqrt();
        let mut mixed = vec![vec![0.0; d]; tokens.len()];
        for head in 0..heads {
            let part = head * (d / heads)..(head + 1) * (d / heads);
            for (query, mixed) in qkv.iter().zip(&mut mixed) {
                let mut scores = vec![0.0; tokens.len()];
                for (key, score) in scores.iter_mut().enumerate() {
                    for i in part.clone() {
                        *score += query[i] * qkv[key][d + i] / scale;
                    }
                    *score += tokens[key].prompt.map_or(0.0, |row| logits[row]);
                }
                for (key, p) in softmax(&scores).into_iter().enumerate() {
                    for i in part.clone() {
                        mixed[i] += p * qkv[key][2 * d + i];
                    }
                }
            }
        }
        mixed
    }

    /// The final norm of CLS; of the mean over other tokens; or the mean of their norms.
    fn pool(&self, tokens: &[Token]) -> Vec<f64> {
        let pooled = tokens[1..].iter().filter(|token| match self.architecture.prompt_pool {
            PromptPool::Original | PromptPool::ImageAndPrompts => true,
            PromptPool::Image => token.prompt.is_none(),
            PromptPool::Prompts => token.prompt.is_some(),
        });
        let pooled = pooled.map(|token| token.x.clone());
        let w = &self.weights;
        match (self.architecture.pooling, self.architecture.prompt_pool) {
            (Pooling::Cls, PromptPool::Original) => w.norm.of(&tokens[0].x),
            (Pooling::Cls, _) => self.mean(pooled.map(|x| w.norm.of(&x)).collect()),
            (Pooling::Mean, _) => w.fc_norm.of(&self.mean(pooled.collect())),
        }
    }

    fn mean(&self, rows: Vec<Vec<f64>>) -> Vec<f64> {
        let mut mean = vec![0.0; self.architecture.width];
        for row in &rows {
            for i in 0..mean.len() {
                mean[i] += row[i] / rows.len() as f64;
            }
        }
        mean
    }
}

/// Puts the prompts of a block behind CLS, in the place of the last block's where those end.
fn place(tokens: &mut Vec<Token>, prompts: &[Vec<f64>], bank: &Bank, block: usize) {
    if !bank.goes_on(block) {
        tokens.retain(|token| token.prompt.is_none());
    }
    let rows = (0..prompts.len()).filter(|&row| bank.enters(row, block));
    let new: Vec<Token> =
        rows.map(|row| Token { prompt: Some(row), x: prompts[row].clone() }).collect();
    tokens.splice(1..1, new);
}
