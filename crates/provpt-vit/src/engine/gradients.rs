//! Forward and backward over a batch.

use std::ops::Range;

use super::memory::{CallMemory, ShardMemory};
use super::network::{Batch, Fitting, LossSlope, Network};
use super::plan::{Call, Plan};
use super::together::Wanted;
use crate::dropout::BackboneMask;
use crate::error::Error;
use crate::gradients::Gradients;
use crate::kernels::{Kernels, Schedule};
use crate::learn::{Part, Site};
use crate::net::vit::{
    DroppedImages, MaskedImages, Pass, PromptView, Purpose, Replaced, Sums, Vit, Workspace,
};
use crate::prompts::{Layout, PromptMask};

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
        let CallMemory { replaced, prompts, shards, matrices, .. } = memory;
        let Fitting { prompts: bank, pieces } = tuned;
        let vit = Replaced::fill(replaced, &self.vit, pieces)?;
        prompts.fill(vit, bank, None)?;
        let call = Call { vit, tuned, per_image: false, drops: drops.is_some() };
        let (step, split) = self.step(&call, batch, (loss, drops))?;
        let wanted = Wanted { demand: pieces.demand(), batch: split, is_twice: |_| false };
        self.begin_matrices(matrices, shards, &wanted)?;
        let view = PromptView::all(prompts);
        let used = self.learning_shards(split, shards, matrices, |chunks, memory| {
            let ShardMemory { workspace, sums, .. } = memory;
            sums.begin(vit, view, pieces.demand())?;
            for chunk in chunks {
                step.chunk(chunk, view, (&mut *workspace, &mut *sums))?;
            }
            Ok(())
        })?;
        let sums = shards.iter_mut().zip(used).map(|(shard, ())| &mut shard.sums);
        prompts.gradients(vit, &mut sums.collect::<Vec<_>>(), bank, pieces, Some(&**matrices))
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
        let CallMemory { replaced, shards, matrices, .. } = memory;
        let Fitting { prompts: bank, pieces } = tuned;
        let vit = Replaced::fill(replaced, &self.vit, pieces)?;
        let call = Call { vit, tuned, per_image: true, drops: false };
        let (step, split) = self.step(&call, batch, (loss, None))?;
        let layout = Layout::new(bank, &vit.architecture);
        // Prompts go through the maps that make keys and values, and so do their gradients.
        let is_twice = |site: Site| match site {
            Site::Block(block, Part::KeyValue, _) => !layout.keys(block).is_empty(),
            _ => false,
        };
        let wanted = Wanted { demand: pieces.demand(), batch: split, is_twice };
        self.begin_matrices(matrices, shards, &wanted)?;
        let chunks = self.learning_chunks(split, shards, matrices, |chunk, memory| {
            let ShardMemory { workspace, sums, prompts } = memory;
            prompts.fill(vit, bank, Some(MaskedImages { mask, images: chunk.clone() }))?;
            let view = PromptView::all(prompts);
            sums.begin(vit, view, pieces.demand())?;
            step.chunk(chunk, view, (workspace, &mut *sums))?;
            prompts.gradients(vit, &mut [sums], bank, pieces, None)
        })?;
        let mut all = Gradients::zeros(bank);
        chunks.iter().for_each(|chunk| all.add(chunk));
        pieces.put_matrices(matrices.hold().download(&vit.kernels)?, &mut all.weights);
        Ok(all)
    }

    /// The step of a batch, and how that is split.
    fn step<'a>(
        &self,
        call: &Call<'a, K>,
        batch: Batch<'a>,
        (loss, drops): (&'a LossSlope<'a>, Option<&'a dyn BackboneMask>),
    ) -> Result<(Step<'a, K>, (Schedule, usize)), Error> {
        let purpose = Purpose::Gradients { demand: call.tuned.pieces.demand(), again: 0 };
        let Plan { schedule, again } = self.plan(call, purpose, batch.count)?;
        let purpose = purpose.with_again(again);
        Ok((Step { vit: call.vit, batch, purpose, drops, loss }, (schedule, batch.count)))
    }
}

/// What is the same for all images of a batch.
struct Step<'a, K: Kernels> {
    vit: &'a Vit<K>,
    batch: Batch<'a>,
    purpose: Purpose<'a>,
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
        let a = &self.vit.architecture;
        let dropped = self.drops.map(|mask| DroppedImages { mask, images: chunk.clone() });
        let pass = Pass::new(self.vit, prompts, workspace, chunk.len(), self.purpose)?;
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
