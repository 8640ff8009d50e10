//! Forward and backward over a batch.

use std::ops::Range;

use super::Engine;
use crate::error::Error;
use crate::images::Images;
use crate::kernels::cpu::Cpu;
use crate::net::vit::{Accumulator, Pass, Prepared, PromptGrads, Sums, Workspace};
use crate::prompts::{PromptMask, Prompts};

/// Gradients of one batch with respect to the prompt bank.
#[derive(Clone, Debug)]
pub struct Gradients {
    /// d loss / d prompts `[K, d]`.
    pub prompts: Vec<f32>,
    /// `[K]`: `<d loss / d p, p>`, the published idleness (Shang et al., 2025).
    pub gate: Vec<f32>,
    /// `[K]`: d loss / d (logit of the prompt's key), summed over images, heads and queries:
    /// first-order effect of the prompt's attention mass.
    pub attention: Vec<f32>,
}

impl Engine {
    /// Forward and backward over a batch.
    ///
    /// `loss` gets a range of the batch and its features `[n, d]`, and returns d loss / d features
    /// `[n, d]` (of the loss of the *whole* batch) with anything else the caller wants; those come
    /// back in order of the images. It runs on the engine's threads. A `mask` is prompt dropout.
    ///
    /// # Errors
    /// The images or prompts do not fit the backbone.
    pub fn gradients<'i, T: Send>(
        &self,
        images: impl Into<Images<'i>>,
        prompts: &Prompts<'_>,
        mask: Option<&dyn PromptMask>,
        loss: impl Fn(Range<usize>, &[f32]) -> (Vec<f32>, T) + Sync,
    ) -> Result<(Gradients, Vec<T>), Error> {
        let images = images.into();
        let count = self.check(images, prompts)?;
        let mut total =
            PromptGrads { values: vec![0.0; prompts.values.len()], gate: vec![0.0; prompts.len()] };
        let job = Job { engine: self, images, prompts, loss: &loss };
        let (attention, extras) = match mask {
            None => job.shared(count, &mut total),
            Some(mask) => job.masked(count, mask, &mut total),
        };
        Ok((Gradients { prompts: total.values, gate: total.gate, attention }, extras))
    }
}

/// One call of [`Engine::gradients`].
struct Job<'a, F> {
    engine: &'a Engine,
    images: Images<'a>,
    prompts: &'a Prompts<'a>,
    loss: &'a F,
}

impl<T: Send, F: Fn(Range<usize>, &[f32]) -> (Vec<f32>, T) + Sync> Job<'_, F> {
    /// All images see the same prompts: keys and values are made once, and their gradients are
    /// added up before they go back to the bank.
    fn shared(&self, images: usize, total: &mut PromptGrads) -> (Vec<f32>, Vec<T>) {
        let vit = &self.engine.vit;
        let prepared = Prepared::new(vit, self.prompts, None);
        let shards = self.engine.map_shards(images, |chunks, workspace| {
            let (mut sum, mut extras) = (None, Vec::new());
            for chunk in chunks {
                extras.push(self.chunk(chunk, &prepared, workspace, &mut sum));
            }
            (sum.map(|sum| sum.download(&vit.kernels, &prepared, self.prompts.len())), extras)
        });
        let mut extras = Vec::new();
        let mut sums: Option<Sums> = None;
        for (shard, more) in shards {
            extras.extend(more);
            match (&mut sums, shard) {
                (Some(sums), Some(shard)) => sums.add(&shard),
                (sums, shard) => *sums = shard,
            }
        }
        let Some(sums) = sums else { return (vec![0.0; self.prompts.len()], extras) };
        prepared.gradients(vit, &sums.d_kv, &sums.d_tokens, total);
        (sums.attention, extras)
    }

    /// Every image sees its own prompts: each chunk goes all the way back to the bank.
    fn masked(
        &self,
        images: usize,
        mask: &dyn PromptMask,
        total: &mut PromptGrads,
    ) -> (Vec<f32>, Vec<T>) {
        let vit = &self.engine.vit;
        let empty = total.clone();
        let shards = self.engine.shards(images, |chunk, workspace| {
            let prepared = Prepared::new(vit, self.prompts, Some((mask, chunk.clone())));
            let mut sum = None;
            let extra = self.chunk(chunk, &prepared, workspace, &mut sum);
            let mut grads = empty.clone();
            let attention = sum.map_or_else(
                || vec![0.0; self.prompts.len()],
                |sum| {
                    let sums = sum.download(&vit.kernels, &prepared, self.prompts.len());
                    prepared.gradients(vit, &sums.d_kv, &sums.d_tokens, &mut grads);
                    sums.attention
                },
            );
            (grads, attention, extra)
        });
        let mut attention = vec![0.0; self.prompts.len()];
        let mut extras = Vec::new();
        for (grads, more, extra) in shards.into_iter().flatten() {
            let pairs = [
                (&mut total.values, &grads.values),
                (&mut total.gate, &grads.gate),
                (&mut attention, &more),
            ];
            for (sum, part) in pairs {
                sum.iter_mut().zip(part).for_each(|(s, p)| *s += p);
            }
            extras.push(extra);
        }
        (attention, extras)
    }

    fn chunk(
        &self,
        chunk: Range<usize>,
        prepared: &Prepared<Cpu>,
        workspace: &mut Option<Workspace<Cpu>>,
        sum: &mut Option<Accumulator<Cpu>>,
    ) -> T {
        let vit = &self.engine.vit;
        let mut pass = Pass::new(vit, prepared, workspace, chunk.len(), true);
        let from = pass.enter(self.images.part(&vit.architecture, &chunk));
        pass.blocks(from..vit.architecture.depth);
        let features = pass.features();
        let (d_features, extra) = (self.loss)(chunk, &features);
        pass.backward(&d_features, sum.get_or_insert_with(|| pass.accumulator()));
        extra
    }
}
