//! Forward and backward over a batch.

use std::ops::Range;

use super::memory::{CallMemory, ShardMemory};
use super::network::{Batch, Fitting, LossSlope, Network};
use crate::dropout::BackboneMask;
use crate::error::Error;
use crate::gradients::Gradients;
use crate::kernels::Kernels;
use crate::learn::Demand;
use crate::net::vit::{
    DroppedImages, MaskedImages, Pass, PromptView, Purpose, Replaced, Sums, Vit, Workspace,
};
use crate::prompts::PromptMask;

impl<K: Kernels> Network<K> {
    /// All images see the same prompts: keys and values are made once, and their gradients are
    /// added up before they go back to the bank.
    pub(super) fn shared_gradients(
        &self,
        memory: &mut CallMemory<K>,
        batch: Batch<'_>,
        tuned: &Fitting<'_>,
        drops: Option<&dyn BackboneMask>,
        loss: &LossSlope<'_>,
    ) -> Result<Gradients, Error> {
        let CallMemory { replaced, prompts, shards, .. } = memory;
        let Fitting { prompts: bank, pieces } = tuned;
        let vit = Replaced::fill(replaced, &self.vit, pieces)?;
        prompts.fill(vit, bank, None)?;
        let step = Step { vit, batch, demand: pieces.demand(), drops, loss };
        let view = PromptView::all(prompts);
        let used = self.shards(batch.count, shards, |chunks, memory| {
            let ShardMemory { workspace, sums, .. } = memory;
            sums.begin(vit, view, step.demand)?;
            for chunk in chunks {
                step.chunk(chunk, view, (&mut *workspace, &mut *sums))?;
            }
            Ok(())
        })?;
        let sums = shards.iter_mut().zip(used).map(|(shard, ())| &mut shard.sums);
        prompts.gradients(vit, &mut sums.collect::<Vec<_>>(), bank, pieces)
    }

    /// Every image sees its own prompts: each chunk goes all the way back to the bank.
    pub(super) fn masked_gradients(
        &self,
        memory: &mut CallMemory<K>,
        batch: Batch<'_>,
        tuned: &Fitting<'_>,
        mask: &dyn PromptMask,
        loss: &LossSlope<'_>,
    ) -> Result<Gradients, Error> {
        let CallMemory { replaced, shards, .. } = memory;
        let Fitting { prompts: bank, pieces } = tuned;
        let vit = Replaced::fill(replaced, &self.vit, pieces)?;
        let step = Step { vit, batch, demand: pieces.demand(), drops: None, loss };
        let chunks = self.chunks(batch.count, shards, |chunk, memory| {
            let ShardMemory { workspace, sums, prompts } = memory;
            prompts.fill(vit, bank, Some(MaskedImages { mask, images: chunk.clone() }))?;
            let view = PromptView::all(prompts);
            sums.begin(vit, view, step.demand)?;
            step.chunk(chunk, view, (workspace, &mut *sums))?;
            prompts.gradients(vit, &mut [sums], bank, pieces)
        })?;
        let mut all = Gradients::zeros(bank);
        chunks.iter().for_each(|chunk| all.add(chunk));
        Ok(all)
    }
}

/// What is the same for all images of a batch.
struct Step<'a, K: Kernels> {
    vit: &'a Vit<K>,
    batch: Batch<'a>,
    demand: &'a Demand,
    drops: Option<&'a dyn BackboneMask>,
    loss: &'a LossSlope<'a>,
}

impl<K: Kernels> Step<'_, K> {
    /// Forward and backward over some images; their gradients are added to the sums.
    fn chunk(
        &self,
        chunk: Range<usize>,
        prompts: PromptView<'_, K>,
        (workspace, sums): (&mut Workspace<K>, &mut Sums<K>),
    ) -> Result<(), Error> {
        let (a, purpose) = (&self.vit.architecture, Purpose::Gradients(self.demand));
        let dropped = self.drops.map(|mask| DroppedImages { mask, images: chunk.clone() });
        let pass = Pass::new(self.vit, prompts, workspace, chunk.len(), purpose)?;
        let mut pass = pass.dropping(dropped)?;
        let from = pass.enter(self.batch.images.part(a, &chunk));
        pass.blocks(from..a.depth);
        pass.features(0);
        let features = pass.download_features(1)?.swap_remove(0);
        let d_features = (self.loss)(chunk, &features);
        if d_features.len() != features.len() {
            let (expected, got) = (features.len(), d_features.len());
            return Err(Error::FeatureGradients { expected, got });
        }
        pass.backward(&d_features, sums);
        Ok(())
    }
}
