//! The inputs of a block, without prompts.

use super::chunks::on_chunks;
use super::memory::{CallMemory, ShardMemory};
use super::network::{Batch, Fitting, Network};
use super::plan::{Call, Plan};
use crate::error::Error;
use crate::kernels::Kernels;
use crate::net::vit::{Pass, PromptView, Purpose};
use crate::prompts::Prompts;

impl<K: Kernels> Network<K> {
    pub(super) fn tokens_in(
        &self,
        memory: &mut CallMemory<K>,
        batch: Batch<'_>,
        block: usize,
    ) -> Result<Vec<f32>, Error> {
        let vit = &self.vit;
        memory.prompts.fill(vit, &Prompts::NONE, None)?;
        let bare = PromptView::all(&memory.prompts);
        let purpose = Purpose::Features { variants: 0 };
        let nothing = Fitting::bare(&vit.architecture)?;
        let call = Call { vit, tuned: &nothing, per_image: false, drops: false };
        let Plan { schedule, .. } = self.plan(&call, purpose, batch.count)?;
        let chunks = on_chunks((schedule, batch.count), &mut memory.shards, |chunk, memory| {
            let ShardMemory { workspace, .. } = memory;
            let mut pass = Pass::new(vit, bare, workspace, chunk.len(), purpose)?;
            let from = pass.enter(batch.images.part(&vit.architecture, &chunk));
            pass.blocks(from..block);
            pass.download_entry(block)
        })?;
        Ok(chunks.concat())
    }
}
