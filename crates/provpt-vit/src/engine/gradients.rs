//! Forward and backward over a batch.

use std::ops::Range;

use super::memory::{CallMemory, ShardMemory};
use super::network::{Batch, LossSlope, Network};
use crate::error::Error;
use crate::gradients::Gradients;
use crate::kernels::Kernels;
use crate::net::vit::{MaskedImages, Pass, PromptView, Purpose, Sums, Workspace};
use crate::prompts::{PromptMask, Prompts};

impl<K: Kernels> Network<K> {
    /// All images see the same prompts: keys and values are made once, and their gradients are
    /// added up before they go back to the bank.
    pub(super) fn shared_gradients(
        &self,
        memory: &mut CallMemory<K>,
        batch: Batch<'_>,
        bank: &Prompts<'_>,
        loss: &LossSlope<'_>,
    ) -> Result<Gradients, Error> {
        let CallMemory { prompts, shards, .. } = memory;
        prompts.fill(&self.vit, bank, None)?;
        let view = PromptView::all(prompts);
        let used = self.shards(batch.count, shards, |chunks, memory| {
            let ShardMemory { workspace, sums, .. } = memory;
            sums.begin(&self.vit, view)?;
            for chunk in chunks {
                self.chunk(batch, chunk, view, (&mut *workspace, &mut *sums), loss)?;
            }
            Ok(())
        })?;
        let sums = shards.iter_mut().zip(used).map(|(shard, ())| &mut shard.sums);
        prompts.gradients(&self.vit, &mut sums.collect::<Vec<_>>(), bank.len())
    }

    /// Every image sees its own prompts: each chunk goes all the way back to the bank.
    pub(super) fn masked_gradients(
        &self,
        memory: &mut CallMemory<K>,
        batch: Batch<'_>,
        bank: &Prompts<'_>,
        mask: &dyn PromptMask,
        loss: &LossSlope<'_>,
    ) -> Result<Gradients, Error> {
        let chunks = self.chunks(batch.count, &mut memory.shards, |chunk, memory| {
            let ShardMemory { workspace, sums, prompts } = memory;
            prompts.fill(&self.vit, bank, Some(MaskedImages { mask, images: chunk.clone() }))?;
            let view = PromptView::all(prompts);
            sums.begin(&self.vit, view)?;
            self.chunk(batch, chunk, view, (workspace, &mut *sums), loss)?;
            prompts.gradients(&self.vit, &mut [sums], bank.len())
        })?;
        let mut all = Gradients::zeros(bank.len(), self.vit.architecture.width);
        chunks.iter().for_each(|chunk| all.add(chunk));
        Ok(all)
    }

    /// Forward and backward over some images; their gradients are added to the sums.
    fn chunk(
        &self,
        batch: Batch<'_>,
        chunk: Range<usize>,
        prompts: PromptView<'_, K>,
        (workspace, sums): (&mut Workspace<K>, &mut Sums<K>),
        loss: &LossSlope<'_>,
    ) -> Result<(), Error> {
        let a = &self.vit.architecture;
        let mut pass = Pass::new(&self.vit, prompts, workspace, chunk.len(), Purpose::Gradients)?;
        let from = pass.enter(batch.images.part(a, &chunk));
        pass.blocks(from..a.depth);
        pass.features(0);
        let features = pass.download_features(1)?.swap_remove(0);
        let d_features = loss(chunk, &features);
        if d_features.len() != features.len() {
            let (expected, got) = (features.len(), d_features.len());
            return Err(Error::FeatureGradients { expected, got });
        }
        pass.backward(&d_features, sums);
        Ok(())
    }
}
