//! A pass of one chunk of images through the model.

use super::workspace::{Sizes, Slot, Workspace};
use super::{Prepared, Vit};
use crate::Pooling;
use crate::images::Images;
use crate::kernels::{AttentionShape, InsertShape, Kernels, Rows};

/// A chunk on its way through the model.
pub(crate) struct Pass<'a, K: Kernels> {
    pub(super) vit: &'a Vit<K>,
    pub(super) prompts: &'a Prepared<K>,
    pub(super) ws: &'a mut Workspace<K>,
    pub(super) images: usize,
    /// Whether blocks that learn keep what a backward pass needs.
    keep: bool,
}

impl<'a, K: Kernels> Pass<'a, K> {
    /// Begins a pass; `keep` if a backward pass is to follow.
    pub(crate) fn new(
        vit: &'a Vit<K>,
        prompts: &'a Prepared<K>,
        ws: &'a mut Option<Workspace<K>>,
        images: usize,
        keep: bool,
    ) -> Self {
        let a = &vit.architecture;
        let kept = prompts.first_block.filter(|_| keep).map_or(0, |first| a.depth - first);
        let sizes = Sizes { images, tokens: a.tokens() + prompts.extra_tokens(), kept };
        let fitted = Workspace::fit(&vit.kernels, a, sizes, ws.take());
        Self { vit, prompts, ws: ws.insert(fitted), images, keep }
    }

    /// The same chunk with other prompts, from where it stands.
    pub(crate) fn with_prompts<'b>(&'b mut self, prompts: &'b Prepared<K>) -> Pass<'b, K> {
        Pass { vit: self.vit, prompts, ws: self.ws, images: self.images, keep: false }
    }

    /// Takes the chunk in; returns the block to go on with.
    pub(crate) fn enter(&mut self, images: Images<'_>) -> usize {
        match images {
            Images::Pixels(pixels) => {
                self.embed(pixels);
                0
            }
            Images::Tokens { block, values } => {
                self.restore(block, values);
                block
            }
        }
    }

    /// Pixels `[images, 3, side, side]` to the input of block 0.
    fn embed(&mut self, pixels: &[f32]) {
        let (vit, a) = (self.vit, &self.vit.architecture);
        let k = &vit.kernels;
        let pixels = k.upload(pixels);
        k.patches(&mut self.ws.patch_rows, &pixels, self.images, a.image_size, a.patch_size);
        let rows = self.images * a.patches();
        k.linear(&mut self.ws.scratch.b, &self.ws.patch_rows, &vit.patch_embed, rows);
        let slot = self.slot(0);
        let x = if self.inserts_at(0) { &mut self.ws.spare } else { &mut self.ws.slots[slot].x };
        k.assemble(x, &self.ws.scratch.b, &vit.pos_embed, self.images, a.tokens(), a.width);
    }

    /// Runs these blocks.
    pub(crate) fn blocks(&mut self, blocks: std::ops::Range<usize>) {
        for block in blocks {
            self.block(block);
        }
    }

    /// The final norm and pooling: `[images, d]`.
    pub(crate) fn features(&mut self) -> Vec<f32> {
        let (vit, a, images) = (self.vit, &self.vit.architecture, self.images);
        let (k, s) = (&vit.kernels, &mut self.ws.scratch);
        let pooled = match a.pooling {
            Pooling::Cls => &self.ws.top,
            Pooling::Mean => {
                let tokens = a.tokens() + self.prompts.extra_tokens();
                k.mean_rows(&mut self.ws.spare, &self.ws.top, images, tokens, a.width);
                &self.ws.spare
            }
        };
        k.norm(&mut s.a, &mut self.ws.top_stats, pooled, &vit.norm, images);
        let mut features = vec![0.0; images * a.width];
        k.download(&s.a, &mut features);
        features
    }

    /// A copy of the input of `block`, to start from again.
    pub(crate) fn snapshot(&self, block: usize) -> Vec<f32> {
        let tokens = self.tokens_before(block);
        let mut copy = vec![0.0; self.images * tokens * self.vit.architecture.width];
        self.vit.kernels.download(self.entry(block), &mut copy);
        copy
    }

    /// Continues from a snapshot taken at `block`.
    pub(crate) fn restore(&mut self, block: usize, snapshot: &[f32]) {
        let slot = self.slot(block);
        let uploaded = self.vit.kernels.upload(snapshot);
        let inserts = self.inserts_at(block);
        let x = if inserts { &mut self.ws.spare } else { &mut self.ws.slots[slot].x };
        self.vit.kernels.copy(x, &uploaded, snapshot.len());
    }

    fn entry(&self, block: usize) -> &K::Buffer {
        if self.inserts_at(block) { &self.ws.spare } else { &self.ws.slots[self.slot(block)].x }
    }

    pub(super) fn inserts_at(&self, block: usize) -> bool {
        self.prompts.tokens.as_ref().is_some_and(|(at, _)| *at == block)
    }

    /// Tokens per image that the block before `block` puts out.
    fn tokens_before(&self, block: usize) -> usize {
        let inserted = self.prompts.tokens.as_ref().is_some_and(|(at, _)| *at < block);
        self.vit.architecture.tokens() + if inserted { self.prompts.extra_tokens() } else { 0 }
    }

    /// Blocks that keep nothing take two slots in turn.
    pub(super) fn slot(&self, block: usize) -> usize {
        match self.prompts.first_block {
            Some(first) if self.keep && block >= first => 2 + block - first,
            _ => block % 2,
        }
    }

    pub(super) fn insert_shape(&self) -> InsertShape {
        InsertShape {
            images: self.images,
            tokens: self.vit.architecture.tokens(),
            extra: self.prompts.extra_tokens(),
            per_image: self.prompts.per_image,
            width: self.vit.architecture.width,
        }
    }

    pub(super) fn attention_shape(&self, block: usize) -> AttentionShape {
        let a = &self.vit.architecture;
        let keys = self.tokens_before(block + 1);
        let only_cls = a.pooling == Pooling::Cls && block + 1 == a.depth;
        AttentionShape {
            images: self.images,
            queries: if only_cls { 1 } else { keys },
            keys,
            prompts: self.prompts.keys.get(&block).map_or(0, |set| set.rows.len()),
            prompts_per_image: self.prompts.per_image,
            heads: a.heads,
            head_width: a.head_width(),
        }
    }

    fn block(&mut self, block: usize) {
        let (vit, k) = (self.vit, &self.vit.kernels);
        let (shape, here, there) =
            (self.attention_shape(block), self.slot(block), self.slot(block + 1));
        if let Some((at, set)) = &self.prompts.tokens
            && *at == block
        {
            let rows = Rows { values: &set.device, shape: self.insert_shape() };
            k.insert_rows(&mut self.ws.slots[here].x, &self.ws.spare, rows);
        }
        let to_spare = self.inserts_at(block + 1);
        let ws = &mut *self.ws;
        let (slot, next) = if block + 1 == vit.blocks.len() {
            (&mut ws.slots[here], &mut ws.top)
        } else if to_spare {
            (&mut ws.slots[here], &mut ws.spare)
        } else {
            let (slot, next) = two(&mut ws.slots, here, there);
            (slot, &mut next.x)
        };
        let prompt_kv = self.prompts.kv(block).unwrap_or(&vit.nothing);
        vit.blocks[block].forward(k, slot, next, &mut ws.scratch, prompt_kv, shape);
    }
}

/// Two different slots at once.
fn two<K: Kernels>(slots: &mut [Slot<K>], a: usize, b: usize) -> (&mut Slot<K>, &mut Slot<K>) {
    if a < b {
        let (left, right) = slots.split_at_mut(b);
        (&mut left[a], &mut right[0])
    } else {
        let (left, right) = slots.split_at_mut(a);
        (&mut right[0], &mut left[b])
    }
}
