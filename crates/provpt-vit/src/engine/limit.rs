//! How much memory images take on their way through the networks.

use super::Engine;
use super::memory::CallMemory;
use super::network::{Fitting, Network};
use super::plan::{Call, Plan};
use super::side::Beside;
use crate::error::Error;
use crate::kernels::Kernels;
use crate::learn::Tuned;
use crate::net::vit::{Purpose, Replaced};

/// What the images of a training step take on their way through the backbone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepMemory {
    /// Threads, each of which works on other images.
    pub threads: usize,
    /// Images that each of them works on at a time.
    pub images: usize,
    /// Blocks that gradients go through.
    pub blocks: usize,
    /// Those of them that are computed again on the way back.
    pub again: usize,
    /// Bytes in all threads.
    pub bytes: usize,
}

/// How many bytes images may take on their way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    /// In all threads and networks.
    pub(super) bytes: usize,
    /// How many networks there are.
    pub(super) networks: usize,
}

impl Engine {
    /// Lets what images become on their way through the backbone take no more than so many bytes,
    /// over all threads; none = no limit. Where it would be more, fewer images go at a time, and
    /// then blocks are computed again on the way back. Weights and their gradients do not count.
    ///
    /// Of two transformers ([`Self::with_side`]) each has one half. An AlexNet has no limit: it works
    /// on a few images at a time.
    #[must_use]
    pub fn with_activations(mut self, bytes: Option<usize>) -> Self {
        let beside = self.side.as_mut().and_then(Beside::transformer);
        let networks = [Some(&mut self.network), beside];
        let count = networks.iter().flatten().count();
        for network in networks.into_iter().flatten() {
            network.limit(bytes.map(|bytes| Limit { bytes, networks: count }));
        }
        self
    }

    /// What [`Self::gradients`] of so many images takes, with prompt dropout if `is_masked`.
    ///
    /// # Errors
    /// What is tuned does not fit the backbone, or there is no room for one image on each thread.
    pub fn step_memory<'t>(
        &self,
        images: usize,
        tuned: impl Into<Tuned<'t>>,
        is_masked: bool,
    ) -> Result<StepMemory, Error> {
        let tuned = tuned.into();
        match self.both(&tuned)? {
            Some(both) => both.step_memory(images),
            None => self.network.step_memory(images, &self.fitting_alone(tuned)?, is_masked),
        }
    }
}

impl<K: Kernels> Network<K> {
    pub(super) fn step_memory_in(
        &self,
        memory: &mut CallMemory<K>,
        images: usize,
        (tuned, per_image): (&Fitting<'_>, bool),
    ) -> Result<StepMemory, Error> {
        let vit = Replaced::fill(&mut memory.replaced, &self.vit, &tuned.pieces)?;
        let call = Call { vit, tuned, per_image, drops: false };
        let purpose = Purpose::Gradients { demand: tuned.pieces.demand(), again: 0 };
        let Plan { schedule, again } = self.plan(&call, purpose, images)?;
        let threads = schedule.shards.min(images).max(1);
        let at_a_time = schedule.chunk_images.min(images.div_ceil(threads)).max(1);
        call.room(|room| {
            let bytes = threads * room.bytes(purpose.with_again(again), at_a_time)?;
            let blocks = room.blocks_back(purpose);
            Ok(StepMemory { threads, images: at_a_time, blocks, again, bytes })
        })
    }
}
