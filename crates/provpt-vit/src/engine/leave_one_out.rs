//! Features with prompts left out, one at a time.

use super::Engine;
use crate::error::Error;
use crate::images::Images;
use crate::kernels::cpu::Cpu;
use crate::net::vit::{Pass, Prepared, Workspace};
use crate::prompts::Prompts;

impl Engine {
    /// Features with all prompts, then with each of `rows` removed in turn. Blocks in front of a
    /// removed prompt are not run again.
    ///
    /// # Shapes
    /// `1 + rows.len()` times `[B, d]`.
    ///
    /// # Errors
    /// The images or prompts do not fit the backbone, or there is no such row.
    pub fn leave_one_out<'i>(
        &self,
        images: impl Into<Images<'i>>,
        prompts: &Prompts<'_>,
        rows: &[usize],
    ) -> Result<Vec<Vec<f32>>, Error> {
        let images = images.into();
        let count = self.check(images, prompts)?;
        if let Some(&got) = rows.iter().find(|&&row| row >= prompts.len()) {
            return Err(Error::PromptRow { prompts: prompts.len(), got });
        }
        let base = Prepared::new(&self.vit, prompts, None);
        let variants: Vec<_> =
            rows.iter().map(|&row| base.without(&self.vit, prompts, row)).collect();
        let width = self.vit.architecture.width;
        let chunks = self.shards(count, |chunk, workspace| {
            let part = images.part(&self.vit.architecture, &chunk);
            let features = self.variants(part, chunk.len(), &base, &variants, workspace);
            (chunk, features)
        });
        let mut all = vec![vec![0.0; count * width]; 1 + rows.len()];
        for (chunk, features) in chunks.into_iter().flatten() {
            for (target, source) in all.iter_mut().zip(features) {
                target[chunk.start * width..chunk.end * width].copy_from_slice(&source);
            }
        }
        Ok(all)
    }

    fn variants(
        &self,
        images: Images<'_>,
        count: usize,
        base: &Prepared<Cpu>,
        variants: &[(usize, Prepared<Cpu>)],
        workspace: &mut Option<Workspace<Cpu>>,
    ) -> Vec<Vec<f32>> {
        let depth = self.vit.architecture.depth;
        let mut all = vec![Vec::new(); 1 + variants.len()];
        let mut pass = Pass::new(&self.vit, base, workspace, count, false);
        for block in pass.enter(images)..depth {
            let snapshot = variants.iter().any(|v| v.0 == block).then(|| pass.snapshot(block));
            for (index, (_, prompts)) in variants.iter().enumerate().filter(|(_, v)| v.0 == block) {
                let Some(snapshot) = &snapshot else { continue };
                let mut variant = pass.with_prompts(prompts);
                variant.restore(block, snapshot);
                variant.blocks(block..depth);
                all[1 + index] = variant.features();
            }
            if let Some(snapshot) = &snapshot {
                pass.restore(block, snapshot);
            }
            pass.blocks(block..block + 1);
        }
        all[0] = pass.features();
        all
    }
}
