//! The model.

use std::collections::BTreeMap;

use provpt_vit::{Architecture, Backbone, Placement, Pooling, PromptMask, Prompts};

use super::math::{gelu, layer_norm, linear, moments, softmax};

/// A prompt bank in f64.
#[derive(Clone, Debug)]
pub(crate) struct Bank {
    /// K rows of `d`.
    pub(crate) values: Vec<Vec<f64>>,
    /// `[K]`.
    pub(crate) block_of: Vec<usize>,
    pub(crate) placement: Placement,
    /// `[K]`: added to the logit of each prompt's key, for all heads and queries.
    pub(crate) logits: Vec<f64>,
}

impl Bank {
    pub(crate) fn new(prompts: &Prompts<'_>, width: usize) -> Self {
        Self {
            values: prompts.values.chunks_exact(width).map(wide).collect(),
            block_of: prompts.block_of.to_vec(),
            placement: prompts.placement,
            logits: vec![0.0; prompts.len()],
        }
    }

    /// The bank without one of its rows.
    pub(crate) fn without(&self, row: usize) -> Self {
        let mut rest = self.clone();
        rest.values.remove(row);
        rest.block_of.remove(row);
        rest.logits.remove(row);
        rest
    }

    /// `sqrt(variance + eps)` of a row: the length by which it must change for a change to matter.
    pub(crate) fn spread(&self, row: usize, eps: f64) -> f64 {
        moments(&self.values[row], eps).1
    }
}

/// One token on its way through the blocks.
#[derive(Clone, Debug)]
struct Token {
    /// Its row in the bank, if it is a prompt.
    prompt: Option<usize>,
    x: Vec<f64>,
}

/// A backbone in f64.
pub(crate) struct Model {
    pub(crate) architecture: Architecture,
    weights: BTreeMap<String, Vec<f64>>,
}

impl Model {
    pub(crate) fn new(backbone: &Backbone) -> Self {
        let tensors = backbone.tensors.iter();
        Self {
            architecture: backbone.architecture.clone(),
            weights: tensors.map(|(name, t)| (name.clone(), wide(&t.data))).collect(),
        }
    }

    /// Features `[d]` of one image, the `index`th of its batch.
    pub(crate) fn features(
        &self,
        pixels: &[f32],
        bank: &Bank,
        mask: Option<&dyn PromptMask>,
        index: usize,
    ) -> Vec<f64> {
        let prompts = self.masked(bank, mask, index);
        let mut tokens = self.embed(pixels);
        for block in 0..self.architecture.depth {
            self.place(&mut tokens, &prompts, bank, block);
            self.block(&mut tokens, block, &bank.logits);
        }
        self.pool(&tokens)
    }

    /// What the bare blocks in front of `block` make of an image: `[N, d]`.
    pub(crate) fn tokens(&self, pixels: &[f32], block: usize) -> Vec<f64> {
        let mut tokens = self.embed(pixels);
        for block in 0..block {
            self.block(&mut tokens, block, &[]);
        }
        tokens.into_iter().flat_map(|token| token.x).collect()
    }

    fn weight(&self, name: &str) -> &[f64] {
        self.weights.get(name).unwrap()
    }

    fn masked(&self, bank: &Bank, mask: Option<&dyn PromptMask>, index: usize) -> Vec<Vec<f64>> {
        let mut prompts = bank.values.clone();
        if let Some(mask) = mask {
            for (row, values) in prompts.iter_mut().enumerate() {
                let mut multipliers = vec![f32::NAN; values.len()];
                mask.fill(index, row, &mut multipliers);
                for i in 0..values.len() {
                    values[i] *= f64::from(multipliers[i]);
                }
            }
        }
        prompts
    }

    /// CLS and one token per patch, each with its position.
    fn embed(&self, pixels: &[f32]) -> Vec<Token> {
        let Architecture { image_size: side, patch_size: p, width: d, .. } = self.architecture;
        let grid = side / p;
        let (kernel, bias) = (self.weight("patch_embed.proj.weight"), "patch_embed.proj.bias");
        let mut rows = vec![self.weight("cls_token").to_vec()];
        for y in 0..grid {
            for x in 0..grid {
                let mut row = self.weight(bias).to_vec();
                for out in 0..d {
                    for channel in 0..3 {
                        for dy in 0..p {
                            for dx in 0..p {
                                let pixel = (channel * side + y * p + dy) * side + x * p + dx;
                                let weight = ((out * 3 + channel) * p + dy) * p + dx;
                                row[out] += kernel[weight] * f64::from(pixels[pixel]);
                            }
                        }
                    }
                }
                rows.push(row);
            }
        }
        let position = self.weight("pos_embed");
        for (n, row) in rows.iter_mut().enumerate() {
            for i in 0..d {
                row[i] += position[n * d + i];
            }
        }
        rows.into_iter().map(|x| Token { prompt: None, x }).collect()
    }

    /// Puts the prompts of `block` behind CLS. Deep prompts take the place of the last block's.
    fn place(&self, tokens: &mut Vec<Token>, prompts: &[Vec<f64>], bank: &Bank, block: usize) {
        let enters = |row: usize| match bank.placement {
            Placement::Shallow => block == 0,
            Placement::Deep => bank.block_of[row] == block,
        };
        if bank.placement == Placement::Deep {
            tokens.retain(|token| token.prompt.is_none());
        }
        let rows = (0..prompts.len()).filter(|&row| enters(row));
        let new = rows.map(|row| Token { prompt: Some(row), x: prompts[row].clone() });
        let new: Vec<_> = new.collect();
        tokens.splice(1..1, new);
    }

    fn norm(&self, name: &str, x: &[f64]) -> Vec<f64> {
        let part = |part: &str| self.weight(&format!("{name}.{part}"));
        layer_norm(x, part("weight"), part("bias"), f64::from(self.architecture.norm_eps))
    }

    fn linear(&self, name: &str, x: &[f64]) -> Vec<f64> {
        let part = |part: &str| self.weight(&format!("{name}.{part}"));
        linear(x, part("weight"), part("bias"))
    }

    /// `x + ls1 * attention(norm1(x))`, then `x + ls2 * mlp(norm2(x))`.
    fn block(&self, tokens: &mut [Token], block: usize, logits: &[f64]) {
        let name = |part: &str| format!("blocks.{block}.{part}");
        let mixed = self.attention(tokens, block, logits);
        for (token, mixed) in tokens.iter_mut().zip(mixed) {
            let out = self.linear(&name("attn.proj"), &mixed);
            self.add(&mut token.x, &out, &name("ls1.gamma"));
        }
        for token in tokens {
            let normed = self.norm(&name("norm2"), &token.x);
            let mut hidden = self.linear(&name("mlp.fc1"), &normed);
            for h in &mut hidden {
                *h = gelu(*h);
            }
            let out = self.linear(&name("mlp.fc2"), &hidden);
            self.add(&mut token.x, &out, &name("ls2.gamma"));
        }
    }

    fn add(&self, x: &mut [f64], branch: &[f64], scale: &str) {
        for i in 0..x.len() {
            let scale = if self.architecture.layer_scale { self.weight(scale)[i] } else { 1.0 };
            x[i] += scale * branch[i];
        }
    }

    /// Each token's mixture of values, heads side by side.
    fn attention(&self, tokens: &[Token], block: usize, logits: &[f64]) -> Vec<Vec<f64>> {
        let Architecture { width: d, heads, .. } = self.architecture;
        let qkv = |token: &Token| {
            let normed = self.norm(&format!("blocks.{block}.norm1"), &token.x);
            self.linear(&format!("blocks.{block}.attn.qkv"), &normed)
        };
        let qkv: Vec<Vec<f64>> = tokens.iter().map(qkv).collect();
        let mut mixed = vec![vec![0.0; d]; tokens.len()];
        for head in 0..heads {
            let part = head * (d / heads)..(head + 1) * (d / heads);
            for (query, mixed) in qkv.iter().zip(&mut mixed) {
                let mut scores = vec![0.0; tokens.len()];
                for (key, score) in scores.iter_mut().enumerate() {
                    for i in part.clone() {
                        *score += query[i] * qkv[key][d + i] / ((d / heads) as f64).sqrt();
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

    /// The final norm of CLS, or of the mean over all other tokens, prompts among them.
    fn pool(&self, tokens: &[Token]) -> Vec<f64> {
        let (width, eps) = (self.architecture.width, f64::from(self.architecture.norm_eps));
        match self.architecture.pooling {
            Pooling::Cls => self.norm("norm", &tokens[0].x),
            Pooling::Mean => {
                let mut mean = vec![0.0; width];
                for token in &tokens[1..] {
                    for i in 0..width {
                        mean[i] += token.x[i] / (tokens.len() - 1) as f64;
                    }
                }
                if self.weights.contains_key("fc_norm.weight") {
                    self.norm("fc_norm", &mean)
                } else {
                    layer_norm(&mean, &vec![1.0; width], &vec![0.0; width], eps)
                }
            }
        }
    }
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}
