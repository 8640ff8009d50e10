//! A pass of one chunk of images through the model.

use super::workspace::{Sizes, Slot, Workspace};
use super::{PromptView, Variant, Vit};
use crate::Pooling;
use crate::error::Error;
use crate::kernels::{Kernels, TokenShape};

/// A chunk on its way through the model.
pub(crate) struct Pass<'a, K: Kernels> {
    pub(super) vit: &'a Vit<K>,
    pub(super) prompts: PromptView<'a, K>,
    pub(super) ws: &'a mut Workspace<K>,
    pub(super) images: usize,
    /// Whether blocks that learn keep what a backward pass needs.
    keep: bool,
}

/// What a pass is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    /// Features, once with all prompts, and this many times with one left out.
    Features { variants: usize },
    /// A backward pass is to follow.
    Gradients,
}

impl<'a, K: Kernels> Pass<'a, K> {
    /// Begins a pass.
    ///
    /// # Errors
    /// There is no room for it.
    pub(crate) fn new(
        vit: &'a Vit<K>,
        prompts: PromptView<'a, K>,
        ws: &'a mut Workspace<K>,
        images: usize,
        purpose: Purpose,
    ) -> Result<Self, Error> {
        let a = &vit.architecture;
        let (keep, features) = match purpose {
            Purpose::Features { variants } => (false, 1 + variants),
            Purpose::Gradients => (true, 1),
        };
        let kept = prompts.first_block().filter(|_| keep).map_or(0, |first| a.depth - first);
        let tokens = a.tokens() + prompts.extra_tokens();
        ws.fit(&vit.kernels, a, Sizes { images, tokens, kept, features })?;
        Ok(Self { vit, prompts, ws, images, keep })
    }

    /// The same chunk with a prompt left out, from where it stands.
    pub(crate) fn with<'b>(&'b mut self, variant: &'b Variant<K>) -> Pass<'b, K>
    where
        'a: 'b,
    {
        let prompts = self.prompts.with(variant);
        Pass { vit: self.vit, prompts, ws: self.ws, images: self.images, keep: false }
    }

    /// Number of blocks.
    pub(crate) fn depth(&self) -> usize {
        self.vit.blocks.len()
    }

    /// Runs these blocks.
    pub(crate) fn blocks(&mut self, blocks: std::ops::Range<usize>) {
        for block in blocks {
            self.block(block);
        }
    }

    /// The final norm and pooling: leaves features `[images, d]` in a buffer of the workspace,
    /// counted from 0.
    pub(crate) fn features(&mut self, index: usize) {
        let (vit, ws) = (self.vit, &mut *self.ws);
        let (k, a) = (&vit.kernels, &vit.architecture);
        let pooled = match a.pooling {
            Pooling::Cls => &ws.top,
            Pooling::Mean => {
                let tokens = a.tokens() + self.prompts.extra_tokens();
                let shape = TokenShape { images: self.images, tokens, width: a.width };
                k.mean_rows(&mut ws.spare, &ws.top, shape);
                &ws.spare
            }
        };
        k.norm(&mut ws.features[index], &mut ws.top_stats, pooled, &vit.norm, self.images);
    }

    /// Waits for the device and fetches the first `count` buffers of features, `[images, d]` each.
    ///
    /// # Errors
    /// The device failed on the way.
    pub(crate) fn download_features(&self, count: usize) -> Result<Vec<Vec<f32>>, Error> {
        let len = self.images * self.vit.architecture.width;
        let mut host = vec![vec![0.0; len]; count];
        let pairs = self.ws.features.iter().zip(&mut host);
        let mut parts: Vec<_> = pairs.map(|(from, to)| (from, &mut to[..])).collect();
        self.vit.kernels.download(&mut parts)?;
        Ok(host)
    }

    /// Blocks that keep nothing take two slots in turn.
    pub(super) fn slot(&self, block: usize) -> usize {
        match self.prompts.first_block() {
            Some(first) if self.keep && block >= first => 2 + block - first,
            _ => block % 2,
        }
    }

    fn block(&mut self, block: usize) {
        let (vit, prompts, last) = (self.vit, self.prompts, block + 1 == self.vit.blocks.len());
        let (k, a) = (&vit.kernels, &vit.architecture);
        let (here, there) = (self.slot(block), self.slot(block + 1));
        let ws = &mut *self.ws;
        if prompts.inserts_at(block) {
            let shape = prompts.insert_shape(a, self.images);
            k.insert_rows(&mut ws.slots[here].x, &ws.spare, prompts.tokens().x(), shape);
        }
        let (slot, next) = if last {
            (&mut ws.slots[here], &mut ws.top)
        } else if prompts.inserts_at(block + 1) {
            (&mut ws.slots[here], &mut ws.spare)
        } else {
            let (slot, next) = two(&mut ws.slots, here, there);
            (slot, &mut next.x)
        };
        let shape = prompts.attention_shape(a, self.images, block);
        let prompt_kv = prompts.keys(block).kv();
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
