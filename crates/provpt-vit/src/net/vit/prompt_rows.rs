//! Some rows of the prompt bank, as one place of the network sees them, and the way back to them.

use std::ops::Range;

use super::block::Block;
use super::norm_grad::norm_grad;
use super::weight_sums::BlockSums;
use crate::error::Error;
use crate::gradients::Gradients;
use crate::kernels::{AttentionInput, Kernels};
use crate::learn::Part;
use crate::net::growing::GrowingBuffer;
use crate::prompts::{Placement, PromptMask, Prompts, Row};

/// Prompt dropout for some images of a batch.
#[derive(Clone)]
pub(crate) struct MaskedImages<'a> {
    pub(crate) mask: &'a dyn PromptMask,
    pub(crate) images: Range<usize>,
}

/// Prompts as attention takes them.
pub(super) struct PromptKeys<'a, B> {
    kv: &'a B,
    logits: Option<&'a B>,
}

impl<'a, B> PromptKeys<'a, B> {
    /// Beside the queries, keys and values of tokens.
    pub(super) fn beside(self, query: &'a B, kv: &'a B) -> AttentionInput<'a, B> {
        AttentionInput { query, kv, prompt_kv: self.kv, prompt_logits: self.logits }
    }
}

/// Rows of the bank in one block, or among the tokens. There is one group of them for all images
/// together, or, under prompt dropout, one group per image. The memory is used again and again.
pub(super) struct PromptRows<K: Kernels> {
    /// Their places in the bank, `[rows]`.
    pub(super) rows: Vec<Row>,
    /// Whether they are what `norm1` puts out, and do not go through it.
    normed_already: bool,
    /// What is added to their logits, `[rows]`, if anything is.
    logits: Option<GrowingBuffer<K>>,
    /// `[groups * rows, d]`, on the host.
    values: Vec<f32>,
    /// Dropout multipliers `[groups * rows, d]`, if any.
    multipliers: Option<Vec<f32>>,
    /// `values` on the device.
    x: GrowingBuffer<K>,
    /// `norm1(x)` `[groups * rows, d]`; on the way back, its gradient.
    normed: GrowingBuffer<K>,
    /// `[groups * rows, 2]`.
    stats: GrowingBuffer<K>,
    /// Keys and values `[groups * rows, 2d]`.
    kv: GrowingBuffer<K>,
    /// Between the factors of matrices of low rank, `[groups * rows, rank]`.
    low: GrowingBuffer<K>,
    /// In front of scales and shifts: `norm1(x)`, keys and values; and what the gradient of the
    /// latter is worked on in. Like them in size, where there are any.
    raw: [GrowingBuffer<K>; 3],
}

impl<K: Kernels> PromptRows<K> {
    /// No rows.
    pub(super) fn empty(k: &K) -> Result<Self, Error> {
        Ok(Self {
            rows: Vec::new(),
            normed_already: false,
            logits: None,
            values: Vec::new(),
            multipliers: None,
            x: GrowingBuffer::empty(k)?,
            normed: GrowingBuffer::empty(k)?,
            stats: GrowingBuffer::empty(k)?,
            kv: GrowingBuffer::empty(k)?,
            low: GrowingBuffer::empty(k)?,
            raw: [GrowingBuffer::empty(k)?, GrowingBuffer::empty(k)?, GrowingBuffer::empty(k)?],
        })
    }

    /// Takes these rows of the bank instead of what was here.
    pub(super) fn fill(
        &mut self,
        k: &K,
        prompts: &Prompts<'_>,
        rows: &[Row],
        mask: Option<MaskedImages<'_>>,
    ) -> Result<(), Error> {
        self.rows = rows.to_vec();
        self.normed_already = prompts.placement == Placement::DeepNormed;
        self.values.clear();
        self.multipliers = None;
        if rows.is_empty() {
            return Ok(());
        }
        for row in rows {
            self.values.extend_from_slice(&prompts.values[row.range()]);
        }
        if let Some(mask) = mask {
            let multipliers = self.multipliers(&mask);
            let values = multipliers.iter().zip(self.values.iter().cycle());
            self.values = values.map(|(m, v)| m * v).collect();
            self.multipliers = Some(multipliers);
        }
        self.x.fit(k, self.values.len())?;
        k.write(self.x.get_mut(), &self.values);
        self.fill_logits(k, prompts)
    }

    fn fill_logits(&mut self, k: &K, prompts: &Prompts<'_>) -> Result<(), Error> {
        if prompts.logits.is_empty() {
            self.logits = None;
            return Ok(());
        }
        let logits: Vec<f32> = self.rows.iter().map(|row| prompts.logits[row.index]).collect();
        let mut buffer = match self.logits.take() {
            Some(buffer) => buffer,
            None => GrowingBuffer::empty(k)?,
        };
        buffer.fit(k, logits.len())?;
        k.write(buffer.get_mut(), &logits);
        self.logits = Some(buffer);
        Ok(())
    }

    /// `[images * rows, d]`.
    fn multipliers(&self, mask: &MaskedImages<'_>) -> Vec<f32> {
        let mut multipliers = vec![1.0; mask.images.len() * self.values.len()];
        let width = self.values.len() / self.rows.len();
        let pairs = mask.images.clone().flat_map(|i| self.rows.iter().map(move |r| (i, r.index)));
        for ((image, row), target) in pairs.zip(multipliers.chunks_exact_mut(width)) {
            mask.mask.fill(image, row, target);
        }
        multipliers
    }

    /// Makes keys and values of the rows.
    pub(super) fn project(&mut self, k: &K, block: &Block<K>) -> Result<(), Error> {
        let rows = self.values.len() / block.norm1.width;
        if rows == 0 {
            return Ok(());
        }
        self.normed.fit(k, self.values.len())?;
        self.stats.fit(k, 2 * rows)?;
        self.kv.fit(k, 2 * self.values.len())?;
        self.low.fit(k, block.rank() * rows)?;
        let (normed, stats) = (self.normed.get_mut(), self.stats.get_mut());
        if self.normed_already {
            k.copy(normed, self.x.get(), self.values.len());
        } else {
            k.norm(normed, stats, self.x.get(), &block.norm1, rows);
        }
        let ([raw, raw_kv, d_kv], len) = (&mut self.raw, self.values.len());
        if let Some(shift) = block.shift(Part::Norm1) {
            raw.fit(k, len)?;
            k.copy(raw.get_mut(), normed, len);
            shift.apply(k, normed, rows);
        }
        k.linear(self.kv.get_mut(), normed, &block.kv, rows);
        block.add_low(k, Part::KeyValue, self.kv.get_mut(), normed, self.low.get_mut(), rows);
        if let Some(shift) = block.shift(Part::KeyValue) {
            raw_kv.fit(k, 2 * len)?;
            d_kv.fit(k, 2 * len)?;
            k.copy(raw_kv.get_mut(), self.kv.get(), 2 * len);
            shift.apply(k, self.kv.get_mut(), rows);
        }
        Ok(())
    }

    /// The rows themselves, `[groups * rows, d]`.
    pub(super) fn x(&self) -> &K::Buffer {
        self.x.get()
    }

    /// The rows as attention takes them.
    pub(super) fn keys(&self) -> PromptKeys<'_, K::Buffer> {
        let logits = self.logits.as_ref().map(GrowingBuffer::get);
        PromptKeys { kv: self.kv.get(), logits }
    }

    /// Values of all groups, `groups * rows * d`.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// Takes the gradient of keys and values `[groups * rows, 2d]` back to the output of `norm1`,
    /// and adds these rows' share to the gradients of what they go through.
    pub(super) fn project_back(
        &mut self,
        k: &K,
        block: &Block<K>,
        d_kv: &K::Buffer,
        mut weights: BlockSums<'_, K>,
    ) {
        let width = block.norm1.width;
        let rows = self.values.len() / width;
        if rows == 0 {
            return;
        }
        let [raw, raw_kv, room] = &mut self.raw;
        let d_kv = match block.shift(Part::KeyValue) {
            None => d_kv,
            shift => {
                k.copy(room.get_mut(), d_kv, rows * 2 * width);
                weights.shift(k, Part::KeyValue, shift, (room.get_mut(), raw_kv.get()), rows);
                room.get()
            }
        };
        weights.bias(k, Part::KeyValue, d_kv, rows, 2 * width);
        let (kv, low) = ((self.normed.get(), d_kv), self.low.get_mut());
        weights.matrix(k, Part::KeyValue, &block.kv, kv, rows);
        block.low_sums(k, Part::KeyValue, kv, low, &mut weights, rows);
        k.linear_grad(self.normed.get_mut(), d_kv, &block.kv, rows, false);
        block.low_grad(k, Part::KeyValue, self.normed.get_mut(), d_kv, low, rows);
        let norm1 = block.shift(Part::Norm1);
        weights.shift(k, Part::Norm1, norm1, (self.normed.get_mut(), raw.get()), rows);
        if !self.normed_already {
            let input = (self.x.get(), self.stats.get());
            weights.norm(k, Part::Norm1, self.normed.get(), input, (rows, width));
        }
    }

    /// What [`Self::project_back`] left, `[groups * rows, d]`.
    pub(super) fn d_normed(&self) -> &K::Buffer {
        self.normed.get()
    }

    /// Adds gradients of the rows, given those of the output of `norm1`, `[groups * rows, d]`.
    pub(super) fn add_normed(&self, block: &Block<K>, d_normed: &[f32], into: &mut Gradients) {
        if self.normed_already {
            return self.add_tokens(d_normed, into);
        }
        let (d, norm) = (block.norm1.width, &block.norm1);
        let rows = self.values.chunks_exact(d).zip(d_normed.chunks_exact(d));
        for (index, (value, d_normed)) in rows.enumerate() {
            let (d_value, gate) = norm_grad(value, d_normed, &block.norm1_weight, norm.eps);
            self.add(index, &d_value, gate, into);
        }
    }

    /// Adds gradients of the rows, given those of what they became unchanged, `[groups * rows, d]`:
    /// tokens, or the output of `norm1`.
    pub(super) fn add_tokens(&self, d_tokens: &[f32], into: &mut Gradients) {
        let Some(&Row { width: d, .. }) = self.rows.first() else { return };
        let rows = self.values.chunks_exact(d).zip(d_tokens.chunks_exact(d));
        for (index, (value, grad)) in rows.enumerate() {
            let grad: Vec<f64> = grad.iter().copied().map(f64::from).collect();
            let gate = grad.iter().zip(value).map(|(g, &v)| g * f64::from(v)).sum();
            self.add(index, &grad, gate, into);
        }
    }

    /// Adds one row's gradient, through its dropout multipliers, to the bank's.
    fn add(&self, index: usize, d_value: &[f64], gate: f64, into: &mut Gradients) {
        let (d, row) = (d_value.len(), self.rows[index % self.rows.len()]);
        let target = &mut into.prompts[row.range()];
        match &self.multipliers {
            None => target.iter_mut().zip(d_value).for_each(|(t, g)| *t += *g as f32),
            Some(m) => {
                let m = &m[index * d..(index + 1) * d];
                for ((t, g), m) in target.iter_mut().zip(d_value).zip(m) {
                    *t += *g as f32 * m;
                }
            }
        }
        into.gate[row.index] += gate as f32;
    }
}
