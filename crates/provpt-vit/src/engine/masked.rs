//! Features under prompt dropout.

use super::memory::{CallMemory, ShardMemory};
use super::network::{Batch, Fitting, Network};
use super::plan::{Call, Plan};
use crate::error::Error;
use crate::kernels::Kernels;
use crate::net::vit::{MaskedImages, Pass, PromptView, Purpose, Replaced};
use crate::prompts::PromptMask;

impl<K: Kernels> Network<K> {
    pub(super) fn masked_features_in(
        &self,
        memory: &mut CallMemory<K>,
        batch: Batch<'_>,
        tuned: &Fitting<'_>,
        mask: &dyn PromptMask,
    ) -> Result<Vec<f32>, Error> {
        let CallMemory { replaced, shards, .. } = memory;
        let vit = Replaced::fill(replaced, &self.vit, &tuned.pieces)?;
        let a = &vit.architecture;
        let (call, purpose) =
            (Call { vit, tuned, per_image: true }, Purpose::Features { variants: 0 });
        let Plan { schedule, .. } = self.plan(&call, purpose, batch.count)?;
        let chunks = self.chunks((schedule, batch.count), shards, |chunk, memory| {
            let ShardMemory { workspace, prompts, .. } = memory;
            let images = MaskedImages { mask, images: chunk.clone() };
            prompts.fill(vit, &tuned.prompts, Some(images))?;
            let view = PromptView::all(prompts);
            let mut pass = Pass::new(vit, view, workspace, chunk.len(), purpose)?;
            let from = pass.enter(batch.images.part(a, &chunk));
            pass.blocks(from..a.depth);
            pass.features(0);
            Ok(pass.download_features(1)?.swap_remove(0))
        })?;
        Ok(chunks.concat())
    }
}
