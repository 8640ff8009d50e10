//! Features with prompts left out, one at a time.

use super::chunks::on_chunks;
use super::memory::{CallMemory, ShardMemory};
use super::network::{Batch, Fitting, Network};
use super::plan::{Call, Plan};
use crate::error::Error;
use crate::images::Images;
use crate::kernels::Kernels;
use crate::net::vit::{Pass, PromptView, Purpose, Replaced, Variant, Vit};
use crate::prompts::Prompts;

impl<K: Kernels> Network<K> {
    pub(super) fn leave_one_out_in(
        &self,
        memory: &mut CallMemory<K>,
        batch: Batch<'_>,
        tuned: &Fitting<'_>,
        rows: &[usize],
    ) -> Result<Vec<Vec<f32>>, Error> {
        let width = self.vit.architecture.width;
        let CallMemory { replaced, prompts: base, variants, shards, .. } = memory;
        let vit = Replaced::fill(replaced, &self.vit, &tuned.pieces)?;
        base.fill(vit, &tuned.prompts, None)?;
        fill_variants(vit, variants, &tuned.prompts, rows)?;
        let (base, variants) = (PromptView::all(base), &variants[..]);
        let purpose = Purpose::Features { variants: rows.len() };
        let call = Call { vit, tuned, per_image: false, drops: false };
        let Plan { schedule, .. } = self.plan(&call, purpose, batch.count)?;
        let chunks = on_chunks((schedule, batch.count), shards, |chunk, memory| {
            let ShardMemory { workspace, .. } = memory;
            let mut pass = Pass::new(vit, base, workspace, chunk.len(), purpose)?;
            let images = batch.images.part(&vit.architecture, &chunk);
            Ok((chunk, features(&mut pass, images, variants)?))
        })?;
        let mut all = vec![vec![0.0; batch.count * width]; 1 + rows.len()];
        for (chunk, features) in chunks {
            for (target, source) in all.iter_mut().zip(features) {
                target[chunk.start * width..chunk.end * width].copy_from_slice(&source);
            }
        }
        Ok(all)
    }
}

/// One variant per row that is left out, and no memory for more.
fn fill_variants<K: Kernels>(
    vit: &Vit<K>,
    variants: &mut Vec<Variant<K>>,
    prompts: &Prompts<'_>,
    rows: &[usize],
) -> Result<(), Error> {
    variants.truncate(rows.len());
    while variants.len() < rows.len() {
        variants.push(Variant::empty(vit)?);
    }
    for (variant, row) in variants.iter_mut().zip(rows) {
        variant.fill(vit, prompts, *row)?;
    }
    Ok(())
}

/// Features of a chunk with all prompts, then by each variant.
fn features<K: Kernels>(
    pass: &mut Pass<'_, K>,
    images: Images<'_>,
    variants: &[Variant<K>],
) -> Result<Vec<Vec<f32>>, Error> {
    let depth = pass.depth();
    for block in pass.enter(images)..depth {
        let here = variants.iter().enumerate().filter(|(_, variant)| variant.block() == block);
        let here: Vec<_> = here.collect();
        if !here.is_empty() {
            pass.save(block);
        }
        for (index, variant) in &here {
            let mut other = pass.with(variant);
            other.restore(block);
            other.blocks(block..depth);
            other.features(1 + index);
        }
        if !here.is_empty() {
            pass.restore(block);
        }
        pass.blocks(block..block + 1);
    }
    pass.features(0);
    pass.download_features(1 + variants.len())
}
