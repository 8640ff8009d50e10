//! Where a pass begins: at the pixels, or at the input of a block.

use super::Pass;
use crate::error::Error;
use crate::images::Images;
use crate::kernels::{Kernels, PatchShape, TokenShape};

impl<K: Kernels> Pass<'_, K> {
    /// Takes the chunk in; returns the block to go on with.
    pub(crate) fn enter(&mut self, images: Images<'_>) -> usize {
        match images {
            Images::Pixels(pixels) => {
                self.embed(pixels);
                0
            }
            Images::Tokens { block, values } => {
                let k = &self.vit.kernels;
                k.write(self.entry(block).0, values);
                block
            }
        }
    }

    /// Pixels `[images, 3, side, side]` to the input of block 0.
    fn embed(&mut self, pixels: &[f32]) {
        let (vit, images) = (self.vit, self.images);
        let (k, a, ws) = (&vit.kernels, &vit.architecture, &mut *self.ws);
        k.write(&mut ws.pixels, pixels);
        let (side, frame) = (a.image_size, a.frame);
        let shape = PatchShape { images, side, frame, patch: a.patch_size };
        k.patches(&mut ws.patch_rows, &ws.pixels, shape);
        let rows = images * a.patches();
        k.linear(&mut ws.scratch.b, &ws.patch_rows, &vit.patch_embed, rows);
        if let Some(shift) = &vit.patch_shift {
            shift.apply(k, &mut ws.scratch.b, rows);
        }
        if let Some(hierarchy) = &vit.hierarchy {
            return self.norm_patches(hierarchy);
        }
        let (slot, ws) = (self.slot(0), &mut *self.ws);
        let x = if self.prompts.changes_at(0) { &mut ws.spare } else { &mut ws.slots[slot].x };
        let shape = TokenShape { images, tokens: a.tokens(), width: a.width };
        k.assemble(x, &ws.scratch.b, &vit.pos_embed, shape);
        self.drop_embedding(false);
    }

    /// Waits for the device and fetches the input of `block`, `[images, tokens, d]`.
    ///
    /// # Errors
    /// The device failed on the way.
    pub(crate) fn download_entry(&mut self, block: usize) -> Result<Vec<f32>, Error> {
        let (k, mut tokens) = (&self.vit.kernels, vec![0.0; self.entry_len(block)]);
        k.download(&mut [(self.entry(block).0, &mut tokens)])?;
        Ok(tokens)
    }

    /// Keeps the input of `block`, to start from again.
    pub(crate) fn save(&mut self, block: usize) {
        let (k, len) = (&self.vit.kernels, self.entry_len(block));
        let (entry, saved) = self.entry(block);
        k.copy(saved, entry, len);
    }

    /// Continues from what was saved at `block`.
    pub(crate) fn restore(&mut self, block: usize) {
        let (k, len) = (&self.vit.kernels, self.entry_len(block));
        let (entry, saved) = self.entry(block);
        k.copy(entry, saved, len);
    }

    /// Where the input of `block` stands, and where it is saved.
    fn entry(&mut self, block: usize) -> (&mut K::Buffer, &mut K::Buffer) {
        let (slot, inserts, ws) = (self.slot(block), self.prompts.changes_at(block), &mut *self.ws);
        let entry = if inserts { &mut ws.spare } else { &mut ws.slots[slot].x };
        (entry, &mut ws.saved)
    }

    fn entry_len(&self, block: usize) -> usize {
        let a = &self.vit.architecture;
        self.images * self.prompts.tokens_before(a, block) * a.block_width(block)
    }
}
