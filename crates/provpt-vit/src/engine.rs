//! The model on this machine's cores: a batch is split into one shard per thread, a shard into
//! chunks, and a chunk runs through all blocks in its thread's own workspace.

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;

use crate::Architecture;
use crate::error::Error;
use crate::kernels::cpu::Cpu;
use crate::prompts::{PromptMask, Prompts};
use crate::vit::{Accumulator, Pass, Prepared, PromptGrads, Sums, Vit, Workspace};
use crate::weights::Backbone;

/// Token rows that a chunk aims at: enough for matrix products to be efficient, few enough for
/// its values to stay near the core.
const CHUNK_ROWS: usize = 512;

/// A frozen backbone, ready to run.
pub struct Engine {
    vit: Vit<Cpu>,
    pool: rayon::ThreadPool,
    workspaces: Vec<Mutex<Option<Workspace<Cpu>>>>,
}

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
    /// Puts a backbone on `threads` threads (0 = one per core).
    ///
    /// # Errors
    /// A weight is missing or has the wrong size, or the threads cannot be started.
    pub fn new(backbone: &Backbone, threads: usize) -> Result<Self, Error> {
        let vit = Vit::new(Cpu, &backbone.architecture, &backbone.tensors)?;
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|error| Error::Threads { cause: error.to_string() })?;
        let workspaces = (0..pool.current_num_threads()).map(|_| Mutex::new(None)).collect();
        Ok(Self { vit, pool, workspaces })
    }

    /// The backbone's shape.
    pub fn architecture(&self) -> &Architecture {
        &self.vit.architecture
    }

    /// Runs other work on the engine's threads.
    pub fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.pool.install(work)
    }

    /// Features of images, nothing kept for a backward pass.
    ///
    /// # Shapes
    /// `pixels`: `[B, 3, image_size, image_size]`, normalized. Returns `[B, d]`.
    ///
    /// # Errors
    /// The pixels or prompts do not fit the backbone.
    pub fn features(&self, pixels: &[f32], prompts: &Prompts<'_>) -> Result<Vec<f32>, Error> {
        let mut all = self.leave_one_out(pixels, prompts, &[])?;
        Ok(all.swap_remove(0))
    }

    /// Features with all prompts, then with each of `rows` removed in turn. Blocks in front of a
    /// removed prompt are not run again.
    ///
    /// # Shapes
    /// `1 + rows.len()` times `[B, d]`.
    ///
    /// # Errors
    /// The pixels or prompts do not fit the backbone.
    pub fn leave_one_out(
        &self,
        pixels: &[f32],
        prompts: &Prompts<'_>,
        rows: &[usize],
    ) -> Result<Vec<Vec<f32>>, Error> {
        let images = self.check(pixels, prompts)?;
        let base = Prepared::new(&self.vit, prompts, None);
        let variants: Vec<_> =
            rows.iter().map(|&row| base.without(&self.vit, prompts, row)).collect();
        let width = self.vit.architecture.width;
        let chunks = self.shards(images, |chunk, workspace| {
            let pixels = self.chunk_pixels(pixels, &chunk);
            let features = self.variants(pixels, chunk.len(), &base, &variants, workspace);
            (chunk, features)
        });
        let mut all = vec![vec![0.0; images * width]; 1 + rows.len()];
        for (chunk, features) in chunks.into_iter().flatten() {
            for (target, source) in all.iter_mut().zip(features) {
                target[chunk.start * width..chunk.end * width].copy_from_slice(&source);
            }
        }
        Ok(all)
    }

    fn variants(
        &self,
        pixels: &[f32],
        images: usize,
        base: &Prepared<Cpu>,
        variants: &[(usize, Prepared<Cpu>)],
        workspace: &mut Option<Workspace<Cpu>>,
    ) -> Vec<Vec<f32>> {
        let depth = self.vit.architecture.depth;
        let mut all = vec![Vec::new(); 1 + variants.len()];
        let mut pass = Pass::new(&self.vit, base, workspace, images, false);
        pass.embed(pixels);
        for block in 0..depth {
            let snapshot = variants.iter().any(|v| v.0 == block).then(|| pass.snapshot(block));
            for (index, (_, prompts)) in variants.iter().enumerate().filter(|(_, v)| v.0 == block) {
                let Some(snapshot) = &snapshot else { continue };
                let mut variant = pass.with_prompts(prompts);
                variant.restore(block, snapshot);
                variant.blocks(block..depth);
                all[1 + index] = variant.features();
            }
            if let Some(snapshot) = &snapshot {
                pass.restore(block, snapshot);
            }
            pass.blocks(block..block + 1);
        }
        all[0] = pass.features();
        all
    }

    /// Forward and backward over a batch.
    ///
    /// `loss` gets a range of the batch and its features `[n, d]`, and returns d loss / d features
    /// `[n, d]` (of the loss of the *whole* batch) with anything else the caller wants; those come
    /// back in order of the images. It runs on the engine's threads. A `mask` is prompt dropout.
    ///
    /// # Errors
    /// The pixels or prompts do not fit the backbone.
    pub fn gradients<T: Send>(
        &self,
        pixels: &[f32],
        prompts: &Prompts<'_>,
        mask: Option<&dyn PromptMask>,
        loss: impl Fn(Range<usize>, &[f32]) -> (Vec<f32>, T) + Sync,
    ) -> Result<(Gradients, Vec<T>), Error> {
        let images = self.check(pixels, prompts)?;
        let mut total =
            PromptGrads { values: vec![0.0; prompts.values.len()], gate: vec![0.0; prompts.len()] };
        let job = Job { engine: self, pixels, prompts, loss: &loss };
        let (attention, extras) = match mask {
            None => job.shared(images, &mut total),
            Some(mask) => job.masked(images, mask, &mut total),
        };
        Ok((Gradients { prompts: total.values, gate: total.gate, attention }, extras))
    }

    fn check(&self, pixels: &[f32], prompts: &Prompts<'_>) -> Result<usize, Error> {
        let a = &self.vit.architecture;
        let values = a.image_values();
        if !pixels.len().is_multiple_of(values) {
            return Err(Error::Pixels { image_values: values, got: pixels.len() });
        }
        let expected = prompts.len() * a.width;
        if prompts.values.len() != expected {
            return Err(Error::PromptValues { expected, got: prompts.values.len() });
        }
        match prompts.block_of.iter().find(|&&block| block >= a.depth) {
            Some(&block) => Err(Error::PromptBlock { depth: a.depth, got: block }),
            None => Ok(pixels.len() / values),
        }
    }

    fn chunk_pixels<'p>(&self, pixels: &'p [f32], chunk: &Range<usize>) -> &'p [f32] {
        let values = self.vit.architecture.image_values();
        &pixels[chunk.start * values..chunk.end * values]
    }

    /// Runs `work` on every chunk, one shard of the batch per thread; results in image order.
    fn shards<T: Send>(
        &self,
        images: usize,
        work: impl Fn(Range<usize>, &mut Option<Workspace<Cpu>>) -> T + Sync,
    ) -> Vec<Vec<T>> {
        self.map_shards(images, |chunks, workspace| {
            chunks.map(|chunk| work(chunk, &mut *workspace)).collect()
        })
    }

    fn map_shards<T: Send>(
        &self,
        images: usize,
        work: impl Fn(Chunks, &mut Option<Workspace<Cpu>>) -> T + Sync,
    ) -> Vec<T> {
        let shards = self.workspaces.len().min(images).max(1);
        let size = (CHUNK_ROWS / self.vit.architecture.tokens()).max(1);
        self.pool.install(|| {
            (0..shards)
                .into_par_iter()
                .map(|shard| {
                    let range = images * shard / shards..images * (shard + 1) / shards;
                    work(Chunks { range, size }, &mut self.workspace(shard))
                })
                .collect()
        })
    }

    fn workspace(&self, shard: usize) -> MutexGuard<'_, Option<Workspace<Cpu>>> {
        self.workspaces[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A shard's images in chunks of about equal size.
#[derive(Clone, Debug)]
struct Chunks {
    range: Range<usize>,
    size: usize,
}

impl Iterator for Chunks {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let left = self.range.len();
        if left == 0 {
            return None;
        }
        let size = left.div_ceil(left.div_ceil(self.size));
        let start = self.range.start;
        self.range.start += size;
        Some(start..start + size)
    }
}

/// One call of [`Engine::gradients`].
struct Job<'a, F> {
    engine: &'a Engine,
    pixels: &'a [f32],
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
        pass.embed(self.engine.chunk_pixels(self.pixels, &chunk));
        pass.blocks(0..vit.architecture.depth);
        let features = pass.features();
        let (d_features, extra) = (self.loss)(chunk, &features);
        pass.backward(&d_features, sum.get_or_insert_with(|| pass.accumulator()));
        extra
    }
}
