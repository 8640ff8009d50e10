//! Features under dropout, of prompts or of the backbone's own values.

use super::chunks::on_chunks;
use super::memory::{CallMemory, ShardMemory};
use super::network::{Batch, Fitting, Mask, Network};
use super::plan::{Call, Plan};
use crate::error::Error;
use crate::kernels::Kernels;
use crate::net::vit::{DroppedImages, MaskedImages, Pass, PromptView, Purpose, Replaced};

impl<K: Kernels> Network<K> {
    pub(super) fn masked_features_in(
        &self,
        memory: &mut CallMemory<K>,
        batch: Batch<'_>,
        tuned: &Fitting<'_>,
        mask: Mask<'_>,
    ) -> Result<Vec<f32>, Error> {
        let CallMemory { replaced, shards, .. } = memory;
        let vit = Replaced::fill(replaced, &self.vit, &tuned.pieces)?;
        let a = &vit.architecture;
        let drops = matches!(mask, Mask::Backbone(_));
        let call = Call { vit, tuned, per_image: !drops, drops };
        let purpose = Purpose::Features { variants: 0 };
        let Plan { schedule, .. } = self.plan(&call, purpose, batch.count)?;
        let chunks = on_chunks((schedule, batch.count), shards, |chunk, memory| {
            let ShardMemory { workspace, prompts, .. } = memory;
            let images = || chunk.clone();
            let (masked, dropped) = match mask {
                Mask::Nothing => (None, None),
                Mask::Prompts(mask) => (Some(MaskedImages { mask, images: images() }), None),
                Mask::Backbone(mask) => (None, Some(DroppedImages { mask, images: images() })),
            };
            prompts.fill(vit, &tuned.prompts, masked)?;
            let view = PromptView::all(prompts);
            let pass = Pass::new(vit, view, workspace, chunk.len(), purpose)?;
            let mut pass = pass.dropping(dropped)?;
            let from = pass.enter(batch.images.part(a, &chunk));
            pass.blocks(from..a.depth);
            pass.features(0);
            Ok(pass.download_features(1)?.swap_remove(0))
        })?;
        Ok(chunks.concat())
    }
}
