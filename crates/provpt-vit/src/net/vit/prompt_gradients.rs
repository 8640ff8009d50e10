//! The way home: from sums on the device to gradients of the bank's rows and of arrays.

use std::collections::BTreeMap;

use super::matrix_sums::{Held, MatrixSums};
use super::prompt_view::first_tokens;
use super::{Prepared, PromptView, Sums, Vit};
use crate::Architecture;
use crate::error::Error;
use crate::gradients::Gradients;
use crate::kernels::{Download, Kernels};
use crate::learn::{Pieces, Site};
use crate::prompts::{Prompts, Row};

/// What comes back from the device.
struct HostSums {
    /// Per block, of the output of `norm1` at its prompts: `[groups * rows, d]`.
    d_normed: Vec<Vec<f32>>,
    /// Per block, of its prompts in front of it: `[groups * rows, d]`.
    d_front: Vec<Vec<f32>>,
    /// Per shard and block, as far as attention is read: `[prompts + 1 + tokens]`.
    d_logits: Vec<Vec<Vec<f32>>>,
    /// Per place that learns.
    weights: BTreeMap<Site, Vec<f32>>,
    matrices: BTreeMap<Site, Vec<f32>>,
}

impl<K: Kernels> Prepared<K> {
    /// Gradients of the bank that these prompts are of and of the pieces that learn, given what
    /// each shard has summed up, and what all together. Without the latter, gradients of whole matrices
    /// have no values. Waits for the device once.
    ///
    /// # Errors
    /// The device failed on the way.
    pub(crate) fn gradients(
        &mut self,
        vit: &Vit<K>,
        shards: &mut [&mut Sums<K>],
        bank: &Prompts<'_>,
        pieces: &Pieces<'_>,
        matrices: Option<&MatrixSums<K>>,
    ) -> Result<Gradients, Error> {
        let mut all = Gradients::zeros(bank);
        if self.first_block.is_none() && pieces.demand().is_empty() {
            return Ok(all);
        }
        if let Some((total, others)) = shards.split_first_mut() {
            for other in others {
                total.add(vit, other, PromptView::all(self));
            }
            let Sums { d_kv, weights, .. } = &mut **total;
            let sets = self.keys.iter_mut().zip(&vit.blocks).zip(d_kv);
            for (index, ((set, block), d_kv)) in sets.enumerate() {
                set.project_back(&vit.kernels, block, d_kv.get(), weights.block(index));
            }
        }
        let first = self.first_block.unwrap_or(self.keys.len());
        let sums = self.download(vit, shards, first, matrices)?;
        for ((set, block), d_normed) in self.keys.iter().zip(&vit.blocks).zip(&sums.d_normed) {
            set.add_normed(block, d_normed, &mut all);
        }
        for (set, d_front) in self.front.iter().zip(&sums.d_front) {
            set.add_tokens(d_front, &mut all);
        }
        for d_logits in &sums.d_logits {
            let shard = self.attention(&vit.architecture, first, d_logits, bank.len());
            all.attention.iter_mut().zip(shard).for_each(|(sum, part)| *sum += part);
        }
        all.weights = pieces.gradients(sums.weights, &vit.architecture);
        pieces.put_matrices(sums.matrices, &mut all.weights);
        Ok(all)
    }

    fn download(
        &self,
        vit: &Vit<K>,
        shards: &[&mut Sums<K>],
        first: usize,
        matrices: Option<&MatrixSums<K>>,
    ) -> Result<HostSums, Error> {
        let a = &vit.architecture;
        let matrices = matrices.map(MatrixSums::hold);
        let read = |block: usize| vec![0.0; self.columns(a, block).len()];
        let mut host = HostSums {
            d_normed: self.keys.iter().map(|set| vec![0.0; set.len()]).collect(),
            d_front: self.front.iter().map(|set| vec![0.0; set.len()]).collect(),
            d_logits: shards.iter().map(|_| (first..self.keys.len()).map(read).collect()).collect(),
            weights: BTreeMap::new(),
            matrices: matrices.as_ref().map(Held::zeros).unwrap_or_default(),
        };
        let sums = || shards.first().into_iter().flat_map(|total| total.weights.iter());
        let zeros = |(site, _): (Site, _)| (site, vec![0.0; site.sum_len(a)]);
        host.weights = sums().map(zeros).collect();
        let mut parts: Vec<Download<'_, K::Buffer>> = Vec::new();
        let pairs = self.keys.iter().zip(&mut host.d_normed);
        parts.extend(pairs.map(|(set, to)| (set.d_normed(), &mut to[..])));
        if let Some(total) = shards.first() {
            let pairs = total.d_front.iter().zip(&mut host.d_front);
            parts.extend(pairs.map(|(from, to)| (from.get(), &mut to[..])));
        }
        for (shard, to) in shards.iter().zip(&mut host.d_logits) {
            let pairs = shard.d_logits[first..].iter().zip(to);
            parts.extend(pairs.map(|(from, to)| (from.get(), &mut to[..])));
        }
        let pairs = sums().zip(host.weights.values_mut());
        parts.extend(pairs.map(|((_, from), to)| (from, &mut to[..])));
        if let Some(held) = &matrices {
            parts.extend(held.downloads(&mut host.matrices));
        }
        parts.retain(|(_, to)| !to.is_empty());
        vit.kernels.download(&mut parts)?;
        Ok(host)
    }

    /// Which prompts the first columns of a block's score matrices are: those that are keys, none
    /// for CLS, then those that are tokens, the latest first. Patches follow.
    fn columns(&self, a: &Architecture, block: usize) -> Vec<Option<usize>> {
        let index = |row: &Row| Some(row.index);
        let keys = self.keys[block].rows.iter().map(index);
        let first = std::iter::repeat_n(None, first_tokens(a));
        let front = if self.adds { &[] } else { &self.front[..=block] };
        let tokens = front.iter().rev().flat_map(|set| &set.rows).map(index);
        keys.chain(first).chain(tokens).collect()
    }

    /// One shard's d loss / d logit of each prompt `[K]`, given those of the columns per block.
    fn attention(
        &self,
        a: &Architecture,
        first: usize,
        d_logits: &[Vec<f32>],
        bank: usize,
    ) -> Vec<f32> {
        let mut attention = vec![0.0; bank];
        for (block, d_logits) in (first..).zip(d_logits) {
            for (row, d_logit) in self.columns(a, block).into_iter().zip(d_logits) {
                if let Some(row) = row {
                    attention[row] += d_logit;
                }
            }
        }
        attention
    }
}
