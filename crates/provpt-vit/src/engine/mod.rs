//! The model on this machine's cores: a batch is split into one shard per thread, a shard into
//! chunks, and a chunk runs through all blocks in its thread's own workspace.

mod gradients;
mod leave_one_out;
mod shards;

use std::sync::Mutex;

use crate::Architecture;
use crate::error::Error;
use crate::images::Images;
use crate::kernels::cpu::{Cpu, simd};
use crate::net::vit::{Pass, Prepared, Vit, Workspace};
use crate::prompts::{Placement, Prompts};
use crate::weights::Backbone;

pub use gradients::Gradients;
#[cfg(feature = "bench")]
pub(crate) use shards::split;

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
    /// A weight is missing or has the wrong size, the threads cannot be started, or the environment
    /// asks for an instruction set that there is not.
    pub fn new(backbone: Backbone, threads: usize) -> Result<Self, Error> {
        simd::check()?;
        let vit = Vit::new(Cpu, &backbone.architecture, backbone.tensors)?;
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

    /// Features `[B, d]` of images, nothing kept for a backward pass.
    ///
    /// # Errors
    /// The images or prompts do not fit the backbone.
    pub fn features<'i>(
        &self,
        images: impl Into<Images<'i>>,
        prompts: &Prompts<'_>,
    ) -> Result<Vec<f32>, Error> {
        let mut all = self.leave_one_out(images, prompts, &[])?;
        Ok(all.swap_remove(0))
    }

    /// What the bare blocks in front of `block` make of images: `[B, tokens, d]`.
    ///
    /// # Errors
    /// The images do not fit the backbone or are further through it, or there is no such block.
    pub fn tokens<'i>(
        &self,
        images: impl Into<Images<'i>>,
        block: usize,
    ) -> Result<Vec<f32>, Error> {
        let (images, a) = (images.into(), &self.vit.architecture);
        if block >= a.depth {
            return Err(Error::TokensTooDeep { first: a.depth - 1, got: block });
        }
        let count = images.count(a, Some(block))?;
        let bare = Prepared::new(&self.vit, &Prompts::NONE, None);
        let chunks = self.shards(count, |chunk, workspace| {
            let mut pass = Pass::new(&self.vit, &bare, workspace, chunk.len(), false);
            let from = pass.enter(images.part(a, &chunk));
            pass.blocks(from..block);
            pass.snapshot(block)
        });
        Ok(chunks.into_iter().flatten().flatten().collect())
    }

    fn check(&self, images: Images<'_>, prompts: &Prompts<'_>) -> Result<usize, Error> {
        let a = &self.vit.architecture;
        let expected = prompts.len() * a.width;
        if prompts.values.len() != expected {
            return Err(Error::PromptValues { expected, got: prompts.values.len() });
        }
        let is_deep = prompts.placement == Placement::Deep;
        match prompts.block_of.iter().find(|&&block| is_deep && block >= a.depth) {
            Some(&block) => Err(Error::PromptBlock { depth: a.depth, got: block }),
            None => images.count(a, prompts.first_block()),
        }
    }
}
