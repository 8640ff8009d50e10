//! The model on this machine's cores: a batch is split into one shard per thread, a shard into
//! chunks, and a chunk runs through all blocks in its thread's own workspace.

mod gradients;
mod leave_one_out;
mod shards;

use std::ops::Range;
use std::sync::Mutex;

use crate::Architecture;
use crate::error::Error;
use crate::kernels::cpu::Cpu;
use crate::prompts::Prompts;
use crate::vit::{Vit, Workspace};
use crate::weights::Backbone;

pub use gradients::Gradients;

/// A frozen backbone, ready to run.
pub struct Engine {
    vit: Vit<Cpu>,
    pool: rayon::ThreadPool,
    workspaces: Vec<Mutex<Option<Workspace<Cpu>>>>,
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
}
