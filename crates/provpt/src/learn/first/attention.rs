//! Attention of the backbone's own blocks, by plain loops: a few images are asked once, before the first
//! step, for keys and outputs that the engine keeps to itself.

use provpt_vit::Backbone;
use rayon::prelude::*;

use crate::learn::row_form::LayerNorm;

/// The attention of one block.
pub(crate) struct FrozenAttention {
    norm: LayerNorm,
    /// `[3 d, d]`, for queries, keys and values.
    weight: Vec<f32>,
    bias: Vec<f32>,
    heads: usize,
    width: usize,
}

impl FrozenAttention {
    /// Those of all blocks of a network without stages.
    pub(crate) fn all(backbone: &Backbone) -> Vec<Self> {
        let a = &backbone.architecture;
        let of = |block: usize| {
            let array = |part: &str| {
                let tensor = backbone.tensors.get(&format!("blocks.{block}.attn.qkv.{part}"));
                tensor.map(|tensor| tensor.data.clone()).unwrap_or_default()
            };
            let (weight, mut bias) = (array("weight"), array("bias"));
            bias.resize(3 * a.width, 0.0);
            let norm = LayerNorm::first_of(backbone, block);
            Self { norm, weight, bias, heads: a.heads, width: a.width }
        };
        (0..a.depth).map(of).collect()
    }

    /// Queries, keys and values of tokens, one token after another, `[n, 3 d]`.
    pub(super) fn queries_keys_values(&self, tokens: &[f32]) -> Vec<f32> {
        let of_token = |token: &[f32]| {
            let mut normed = token.to_vec();
            self.norm.apply(&mut normed);
            let rows = self.weight.chunks_exact(self.width).zip(&self.bias);
            rows.map(|(row, bias)| dot(row, &normed) + bias).collect::<Vec<f32>>()
        };
        tokens.par_chunks_exact(self.width).flat_map_iter(of_token).collect()
    }

    /// The mean over heads of a token's key, `[d / heads]`, from its queries, keys and values.
    pub(super) fn mean_key(&self, of_token: &[f32]) -> Vec<f32> {
        let mut mean = vec![0.0; self.width / self.heads];
        for head in of_token[self.width..2 * self.width].chunks_exact(mean.len()) {
            mean.iter_mut().zip(head).for_each(|(sum, x)| *sum += x / self.heads as f32);
        }
        mean
    }

    /// What attention puts out for each token of an image, in front of the projection, `[n, d]`, from
    /// their queries, keys and values.
    pub(super) fn outputs(&self, of_image: &[f32]) -> Vec<f32> {
        let (d, head) = (self.width, self.width / self.heads);
        let tokens: Vec<&[f32]> = of_image.chunks_exact(3 * d).collect();
        let scale = 1.0 / (head as f32).sqrt();
        let mut outputs = vec![0.0; tokens.len() * d];
        for (output, token) in outputs.chunks_exact_mut(d).zip(&tokens) {
            for (part, output) in output.chunks_exact_mut(head).enumerate() {
                let part = part * head..(part + 1) * head;
                let at = |offset: usize| offset + part.start..offset + part.end;
                let logit = |other: &&[f32]| scale * dot(&token[part.clone()], &other[at(d)]);
                let logits: Vec<f32> = tokens.iter().map(logit).collect();
                let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let sum: f32 = logits.iter().map(|logit| (logit - most).exp()).sum();
                for (logit, other) in logits.iter().zip(&tokens) {
                    let share = (logit - most).exp() / sum;
                    output.iter_mut().zip(&other[at(2 * d)]).for_each(|(o, v)| *o += share * v);
                }
            }
        }
        outputs
    }

    /// The value of a row as it is, without the norm: `W_v x + b_v`.
    pub(super) fn value(&self, row: &[f32]) -> Vec<f64> {
        let bias = self.value_bias();
        self.value_map().zip(bias).map(|(w, b)| f64::from(dot(w, row) + b)).collect()
    }

    pub(super) fn value_bias(&self) -> &[f32] {
        &self.bias[2 * self.width..]
    }

    /// Rows of the map that makes values, `[d, d]`.
    pub(super) fn value_map(&self) -> impl Iterator<Item = &[f32]> {
        self.weight.chunks_exact(self.width).skip(2 * self.width)
    }
}

/// In sixteen sums, so that the compiler may use vectors.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; 16];
    let (blocks_a, blocks_b) = (a.chunks_exact(16), b.chunks_exact(16));
    let rest: f32 = blocks_a.remainder().iter().zip(blocks_b.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in blocks_a.zip(blocks_b) {
        for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
            *sum += x * y;
        }
    }
    sums.iter().sum::<f32>() + rest
}
