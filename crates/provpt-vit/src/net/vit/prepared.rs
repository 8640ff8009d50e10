//! Prompt rows made ready for a pass: normalized and projected to keys and values once, for all
//! images together, or per image under prompt dropout; and the way back to prompt gradients.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::Vit;
use crate::kernels::Kernels;
use crate::prompts::{Layout, PromptMask, Prompts};

/// Some rows of the bank as one block (or the token sequence) sees them.
pub(super) struct RowSet<K: Kernels> {
    /// Their places in the bank.
    pub(super) rows: Vec<usize>,
    /// `[groups * rows, d]`; groups = 1, or one per image.
    values: Vec<f32>,
    /// Dropout multipliers like `values`, if any.
    multipliers: Option<Vec<f32>>,
    /// Keys and values `[groups * rows, 2d]`; for rows that are tokens, `values` itself.
    pub(super) device: K::Buffer,
}

/// The prompts of a pass.
pub(crate) struct Prepared<K: Kernels> {
    pub(super) keys: BTreeMap<usize, Arc<RowSet<K>>>,
    pub(super) tokens: Option<(usize, Arc<RowSet<K>>)>,
    /// Whether every image has its own rows.
    pub(super) per_image: bool,
    pub(super) first_block: Option<usize>,
}

/// Gradients of the bank's rows and of their gates.
#[derive(Clone, Debug)]
pub(crate) struct PromptGrads {
    /// `[K, d]`.
    pub(crate) values: Vec<f32>,
    /// `[K]`: d loss / d gate at 1, the published idleness.
    pub(crate) gate: Vec<f32>,
}

impl<K: Kernels> Prepared<K> {
    /// Prepares prompts for a batch, or, given a mask, for these images of it.
    pub(crate) fn new(
        vit: &Vit<K>,
        prompts: &Prompts<'_>,
        mask: Option<(&dyn PromptMask, Range<usize>)>,
    ) -> Self {
        Self::from_layout(vit, prompts, &Layout::new(prompts, &vit.architecture), mask)
    }

    fn from_layout(
        vit: &Vit<K>,
        prompts: &Prompts<'_>,
        layout: &Layout,
        mask: Option<(&dyn PromptMask, Range<usize>)>,
    ) -> Self {
        let build = |rows: &[usize], block: Option<usize>| {
            Arc::new(RowSet::new(vit, prompts, rows, block, mask.clone()))
        };
        Self {
            keys: layout.keys.iter().map(|(&b, rows)| (b, build(rows, Some(b)))).collect(),
            tokens: layout.tokens.as_ref().map(|(b, rows)| (*b, build(rows, None))),
            per_image: mask.is_some(),
            first_block: layout.first_block(),
        }
    }

    /// The same prompts without one row, and the block at whose entry that begins to matter.
    pub(crate) fn without(&self, vit: &Vit<K>, prompts: &Prompts<'_>, row: usize) -> (usize, Self) {
        let (from, layout) = Layout::new(prompts, &vit.architecture).without(row);
        let keep = |rows: &[usize], old: Option<&Arc<RowSet<K>>>, block| match old {
            Some(old) if old.rows == rows => Arc::clone(old),
            _ => Arc::new(RowSet::new(vit, prompts, rows, block, None)),
        };
        let keys = layout.keys.iter().map(|(b, r)| (*b, keep(r, self.keys.get(b), Some(*b))));
        let old_tokens = self.tokens.as_ref().map(|(_, set)| set);
        let tokens = layout.tokens.as_ref().map(|(b, r)| (*b, keep(r, old_tokens, None)));
        let first_block = layout.first_block();
        (from, Self { keys: keys.collect(), tokens, per_image: false, first_block })
    }

    /// Keys and values of a block's prompts, if it has any.
    pub(super) fn kv(&self, block: usize) -> Option<&K::Buffer> {
        self.keys.get(&block).map(|set| &set.device)
    }

    /// Length of the key and value gradients of a block's prompts.
    pub(super) fn kv_len(&self, block: usize) -> usize {
        self.keys.get(&block).map_or(0, |set| 2 * set.values.len())
    }

    /// Length of the gradients of prompts that are tokens.
    pub(super) fn tokens_len(&self) -> usize {
        self.tokens.as_ref().map_or(0, |(_, set)| set.values.len())
    }

    /// Tokens inserted per image.
    pub(super) fn extra_tokens(&self) -> usize {
        self.tokens.as_ref().map_or(0, |(_, set)| set.rows.len())
    }

    /// Adds the gradients of bank rows, given those of keys and values and of tokens.
    ///
    /// # Shapes
    /// `d_kv[block]`: `[groups * rows, 2d]`; `d_tokens`: `[groups * rows, d]`.
    pub(crate) fn gradients(
        &self,
        vit: &Vit<K>,
        d_kv: &BTreeMap<usize, Vec<f32>>,
        d_tokens: &[f32],
        into: &mut PromptGrads,
    ) {
        for (block, set) in &self.keys {
            set.kv_gradients(vit, *block, &d_kv[block], into);
        }
        if let Some((_, set)) = &self.tokens {
            set.token_gradients(vit.architecture.width, d_tokens, into);
        }
    }
}

impl<K: Kernels> RowSet<K> {
    fn new(
        vit: &Vit<K>,
        prompts: &Prompts<'_>,
        rows: &[usize],
        block: Option<usize>,
        mask: Option<(&dyn PromptMask, Range<usize>)>,
    ) -> Self {
        let d = vit.architecture.width;
        let mut values: Vec<f32> =
            rows.iter().flat_map(|r| &prompts.values[r * d..(r + 1) * d]).copied().collect();
        let multipliers = mask.map(|(mask, images)| {
            let mut multipliers = vec![1.0; images.len() * rows.len() * d];
            let pairs = images.flat_map(|i| rows.iter().map(move |&r| (i, r)));
            for ((image, row), target) in pairs.zip(multipliers.chunks_exact_mut(d)) {
                mask.fill(image, row, target);
            }
            values = multipliers.iter().zip(values.iter().cycle()).map(|(m, v)| m * v).collect();
            multipliers
        });
        let device = match block {
            Some(block) => vit.prompt_kv(block, &values),
            None => vit.kernels.upload(&values),
        };
        Self { rows: rows.to_vec(), values, multipliers, device }
    }

    fn kv_gradients(&self, vit: &Vit<K>, block: usize, d_kv: &[f32], into: &mut PromptGrads) {
        let d = vit.architecture.width;
        let (weight, d_normed) = vit.prompt_kv_grad(block, d_kv);
        let rows = self.values.chunks_exact(d).zip(d_normed.chunks_exact(d));
        for (index, (value, d_normed)) in rows.enumerate() {
            let (d_value, gate) = norm_grad(value, d_normed, &weight, vit.architecture.norm_eps);
            self.add(index, &d_value, gate, into);
        }
    }

    fn token_gradients(&self, d: usize, d_tokens: &[f32], into: &mut PromptGrads) {
        for (index, (value, grad)) in
            self.values.chunks_exact(d).zip(d_tokens.chunks_exact(d)).enumerate()
        {
            let grad: Vec<f64> = grad.iter().copied().map(f64::from).collect();
            let gate = grad.iter().zip(value).map(|(g, &v)| g * f64::from(v)).sum();
            self.add(index, &grad, gate, into);
        }
    }

    /// Adds one row's gradient, through its dropout multipliers, to the bank's.
    fn add(&self, index: usize, d_value: &[f64], gate: f64, into: &mut PromptGrads) {
        let (d, row) = (d_value.len(), self.rows[index % self.rows.len()]);
        let target = &mut into.values[row * d..(row + 1) * d];
        match &self.multipliers {
            None => target.iter_mut().zip(d_value).for_each(|(t, g)| *t += *g as f32),
            Some(m) => {
                let m = &m[index * d..(index + 1) * d];
                for ((t, g), m) in target.iter_mut().zip(d_value).zip(m) {
                    *t += *g as f32 * m;
                }
            }
        }
        into.gate[row] += gate as f32;
    }
}

/// The gradient of a LayerNorm at one prompt, and its component along the prompt.
///
/// That component, `<d loss / d p, p>`, is a sum that cancels almost entirely: LayerNorm ignores
/// scale but for its eps. Written out it is `eps / (var + eps) * sum(g n)`, with `g = dy * weight`
/// and `n` the normalized row, which has no cancellation.
fn norm_grad(x: &[f32], dy: &[f32], weight: &[f32], eps: f32) -> (Vec<f64>, f64) {
    let inverse = 1.0 / x.len() as f64;
    let mean = x.iter().map(|&x| f64::from(x)).sum::<f64>() * inverse;
    let variance = x.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() * inverse;
    let scale = 1.0 / (variance + f64::from(eps)).sqrt();
    let g: Vec<f64> = dy.iter().zip(weight).map(|(&d, &w)| f64::from(d) * f64::from(w)).collect();
    let n: Vec<f64> = x.iter().map(|&x| (f64::from(x) - mean) * scale).collect();
    let g_mean = g.iter().sum::<f64>() * inverse;
    let along: f64 = g.iter().zip(&n).map(|(g, n)| g * n).sum();
    let grad = g.iter().zip(&n).map(|(g, n)| scale * (g - g_mean - n * along * inverse)).collect();
    (grad, along * f64::from(eps) / (variance + f64::from(eps)))
}

#[cfg(test)]
mod tests {
    use super::norm_grad;

    #[test]
    fn the_gate_is_the_gradient_along_the_prompt() {
        let x: Vec<f32> = (0..16).map(|i| ((i * 7) % 5) as f32 * 1e-3).collect();
        let dy: Vec<f32> = (0..16).map(|i| ((i * 3) % 7) as f32 - 3.0).collect();
        let weight: Vec<f32> = (0..16).map(|i| 1.0 + i as f32 / 16.0).collect();
        let (grad, gate) = norm_grad(&x, &dy, &weight, 1e-6);
        let dot: f64 = grad.iter().zip(&x).map(|(g, &x)| g * f64::from(x)).sum();
        assert!((dot - gate).abs() < 1e-9 * gate.abs().max(1.0), "{dot} {gate}");
        assert!(gate.abs() > 1e-3, "the test needs a gate that matters");
    }
}
