//! A network on one device, and its face without the device's type.

use std::collections::BTreeMap;
use std::ops::Range;

use super::less::Fewer;
use super::limit::{Limit, StepMemory};
use super::memory::{CallMemory, IdleMemory};
use crate::Architecture;
use crate::dropout::BackboneMask;
use crate::error::Error;
use crate::gradients::Gradients;
use crate::images::Images;
use crate::kernels::{Kernels, Schedule};
use crate::learn::Pieces;
use crate::net::vit::Vit;
use crate::prompts::{PromptMask, Prompts};
use crate::weights::Tensor;

/// Images that fit the backbone.
#[derive(Clone, Copy)]
pub(super) struct Batch<'a> {
    pub(super) images: Images<'a>,
    pub(super) count: usize,
}

/// What is tuned, if it fits the backbone.
pub(super) struct Fitting<'a> {
    pub(super) prompts: Prompts<'a>,
    pub(super) pieces: Pieces<'a>,
}

impl Fitting<'static> {
    /// A network as it is.
    ///
    /// # Errors
    /// None: nothing has to fit.
    pub(super) fn bare(a: &Architecture) -> Result<Self, Error> {
        Ok(Self { prompts: Prompts::NONE, pieces: Pieces::new(&[], a)? })
    }
}

/// d loss / d features `[n, d]` of some images of a batch, given their features `[n, d]`.
pub(super) type LossSlope<'a> = dyn Fn(Range<usize>, &[f32]) -> Vec<f32> + Sync + 'a;

/// A network on any device. Each call uses the threads of the pool that it is made in.
pub(super) trait AnyNetwork: Send + Sync {
    fn architecture(&self) -> &Architecture;

    /// Limits what images may become on their way.
    fn limit(&mut self, limit: Option<Limit>);

    /// What gradients take.
    fn step_memory(
        &self,
        images: usize,
        tuned: &Fitting<'_>,
        per_image: bool,
    ) -> Result<StepMemory, Error>;

    /// `1 + rows.len()` times `[B, d]`: features with all prompts, and without each of `rows`.
    fn leave_one_out(
        &self,
        batch: Batch<'_>,
        tuned: &Fitting<'_>,
        rows: &[usize],
    ) -> Result<Vec<Vec<f32>>, Error>;

    /// `[B, d]`: features under dropout.
    fn masked_features(
        &self,
        batch: Batch<'_>,
        tuned: &Fitting<'_>,
        mask: Mask<'_>,
    ) -> Result<Vec<f32>, Error>;

    /// `[B, tokens, d]`: the input of a block of the backbone.
    fn tokens(&self, batch: Batch<'_>, block: usize) -> Result<Vec<f32>, Error>;

    fn gradients(
        &self,
        batch: Batch<'_>,
        tuned: &Fitting<'_>,
        mask: Mask<'_>,
        loss: &LossSlope<'_>,
    ) -> Result<Gradients, Error>;

    /// Memory ran out in work on so many images: half of those that went at a time are to do so from
    /// now on. Says whether that makes sense.
    fn halve(&self, images: usize) -> bool;

    /// Images that go at a time since memory ran out, if it ever did.
    fn fewer(&self) -> Option<usize>;
}

/// What is dropped.
#[derive(Clone, Copy)]
pub(super) enum Mask<'a> {
    Nothing,
    Prompts(&'a dyn PromptMask),
    Backbone(&'a dyn BackboneMask),
}

impl<'a> From<Option<&'a dyn PromptMask>> for Mask<'a> {
    fn from(mask: Option<&'a dyn PromptMask>) -> Self {
        mask.map_or(Self::Nothing, Self::Prompts)
    }
}

/// A vision transformer, plain or in stages, on one device.
pub(super) struct Network<K: Kernels> {
    pub(super) vit: Vit<K>,
    pub(super) schedule: Schedule,
    pub(super) limit: Option<Limit>,
    pub(super) fewer: Fewer,
    memory: IdleMemory<CallMemory<K>>,
}

impl<K: Kernels> Network<K> {
    pub(super) fn new(
        device: K,
        architecture: &Architecture,
        tensors: BTreeMap<String, Tensor>,
    ) -> Result<Self, Error> {
        // Images that are too large are told before they are prepared.
        device.attention_room(architecture.attended_tokens(), false)?;
        let schedule = device.schedule(architecture);
        let vit = Vit::new(device, architecture, tensors)?;
        let memory = IdleMemory::new();
        Ok(Self { vit, schedule, limit: None, fewer: Fewer::default(), memory })
    }

    /// Calls `work` with memory that no other call uses.
    pub(super) fn with_memory<T>(
        &self,
        work: impl FnOnce(&mut CallMemory<K>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let most = self.share().map(|bytes| bytes / size_of::<f32>());
        let new = || CallMemory::new(&self.vit, self.schedule.shards);
        self.memory.lend(new, |memory| {
            memory.shards.iter_mut().for_each(|shard| shard.workspace.keep_within(most));
            work(memory)
        })
    }
}

impl<K: Kernels> AnyNetwork for Network<K> {
    fn architecture(&self) -> &Architecture {
        &self.vit.architecture
    }

    fn limit(&mut self, limit: Option<Limit>) {
        self.limit = limit;
    }

    fn step_memory(
        &self,
        images: usize,
        tuned: &Fitting<'_>,
        per_image: bool,
    ) -> Result<StepMemory, Error> {
        self.with_memory(|memory| self.step_memory_in(memory, images, (tuned, per_image)))
    }

    fn leave_one_out(
        &self,
        batch: Batch<'_>,
        tuned: &Fitting<'_>,
        rows: &[usize],
    ) -> Result<Vec<Vec<f32>>, Error> {
        self.with_memory(|memory| self.leave_one_out_in(memory, batch, tuned, rows))
    }

    fn masked_features(
        &self,
        batch: Batch<'_>,
        tuned: &Fitting<'_>,
        mask: Mask<'_>,
    ) -> Result<Vec<f32>, Error> {
        self.with_memory(|memory| self.masked_features_in(memory, batch, tuned, mask))
    }

    fn tokens(&self, batch: Batch<'_>, block: usize) -> Result<Vec<f32>, Error> {
        self.with_memory(|memory| self.tokens_in(memory, batch, block))
    }

    fn gradients(
        &self,
        batch: Batch<'_>,
        tuned: &Fitting<'_>,
        mask: Mask<'_>,
        loss: &LossSlope<'_>,
    ) -> Result<Gradients, Error> {
        self.with_memory(|memory| match mask {
            Mask::Nothing => self.shared_gradients(memory, batch, tuned, None, loss),
            Mask::Backbone(drops) => self.shared_gradients(memory, batch, tuned, Some(drops), loss),
            Mask::Prompts(mask) => self.masked_gradients(memory, batch, tuned, mask, loss),
        })
    }

    fn halve(&self, images: usize) -> bool {
        self.memory.forget();
        self.vit.kernels.try_less() && self.fewer.halve(self.schedule, images)
    }

    fn fewer(&self) -> Option<usize> {
        self.fewer.get()
    }
}
