//! A pass of one chunk of images through the model.

use std::ops::Range;

use super::dropping::{DroppedImages, Dropping};
use super::workspace::{Slot, Workspace};
use super::{PromptView, Sizes, Variant, Vit};
use crate::error::Error;
use crate::kernels::{Kernels, TokenShape};
use crate::learn::Demand;

/// A chunk on its way through the model.
pub(crate) struct Pass<'a, K: Kernels> {
    pub(super) vit: &'a Vit<K>,
    pub(super) prompts: PromptView<'a, K>,
    pub(super) ws: &'a mut Workspace<K>,
    pub(super) images: usize,
    /// What a backward pass is to find out beside the prompts' gradients, if one is to follow.
    pub(super) demand: Option<&'a Demand>,
    /// The first block that a backward pass goes through; from there on blocks keep what it needs.
    pub(super) first: Option<usize>,
    /// How many of the last blocks have a slot of their own.
    own: usize,
    /// The blocks that keep their input alone, and are computed again on the way back.
    pub(super) again: Range<usize>,
    /// Which values are dropped, if any are.
    pub(super) dropped: Option<DroppedImages<'a>>,
}

/// What a pass is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose<'a> {
    /// Features, once with all prompts, and this many times with one left out.
    Features { variants: usize },
    /// A backward pass is to follow, for the prompts' gradients and these; so many blocks at most are
    /// computed again on the way.
    Gradients { demand: &'a Demand, again: usize },
}

impl Purpose<'_> {
    /// The same with so many blocks computed again.
    pub(crate) fn with_again(self, again: usize) -> Self {
        match self {
            Self::Features { .. } => self,
            Self::Gradients { demand, .. } => Self::Gradients { demand, again },
        }
    }
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
        purpose: Purpose<'a>,
    ) -> Result<Self, Error> {
        let a = &vit.architecture;
        let demand = match purpose {
            Purpose::Features { .. } => None,
            Purpose::Gradients { demand, .. } => Some(demand),
        };
        let first = demand.and_then(|demand| first_block(prompts.first_block(), demand));
        let of_prompts = (prompts.extra_tokens(), prompts.first_block());
        let sizes = Sizes::of(vit, of_prompts, purpose, images);
        ws.fit(&vit.kernels, a, sizes)?;
        let (own, again) = (sizes.own, sizes.again(a.depth));
        Ok(Self { vit, prompts, ws, images, demand, first, own, again, dropped: None })
    }

    /// The same chunk with a prompt left out, from where it stands.
    pub(crate) fn with<'b>(&'b mut self, variant: &'b Variant<K>) -> Pass<'b, K>
    where
        'a: 'b,
    {
        let prompts = self.prompts.with(variant);
        let (vit, images) = (self.vit, self.images);
        let (ws, demand, first, dropped) = (&mut *self.ws, None, None, None);
        Pass { vit, prompts, ws, images, demand, first, own: 0, again: 0..0, dropped }
    }

    /// Number of blocks.
    pub(crate) fn depth(&self) -> usize {
        self.vit.blocks.len()
    }

    /// Runs these blocks.
    pub(crate) fn blocks(&mut self, blocks: Range<usize>) {
        for block in blocks {
            self.block(block);
        }
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

    /// Blocks take two slots in turn, but for the last ones that have their own.
    pub(super) fn slot(&self, block: usize) -> usize {
        match block + self.own < self.depth() {
            true => block % 2,
            false => self.ws.slots.len() + block - self.depth(),
        }
    }

    fn block(&mut self, block: usize) {
        let (vit, prompts) = (self.vit, self.prompts);
        let last = block + 1 == vit.blocks.len() || vit.merge_before(block + 1).is_some();
        let (k, a) = (&vit.kernels, &vit.architecture);
        let (here, there) = (self.slot(block), self.slot(block + 1));
        let ws = &mut *self.ws;
        if prompts.loses_at(block) {
            // What is lost is added to something that nobody reads.
            let shape = prompts.lost_shape(a, self.images, block);
            let (x, lost) = (&mut ws.slots[here].x, &mut ws.scratch.a);
            k.insert_rows_grad(x, lost, &ws.spare, shape);
            if prompts.inserts_at(block) {
                let TokenShape { images, tokens, width } = shape.before;
                k.copy(&mut ws.spare, x, images * tokens * width);
            }
        }
        if prompts.inserts_at(block) {
            let shape = prompts.front_shape(a, self.images, block);
            k.insert_rows(&mut ws.slots[here].x, &ws.spare, prompts.front(block).x(), shape);
        } else if prompts.adds_at(block) {
            let shape = prompts.front_shape(a, self.images, block);
            k.add_rows(&mut ws.slots[here].x, prompts.front(block).x(), shape);
        }
        if self.again.contains(&block) {
            let input = &mut ws.inputs[block - self.again.start];
            k.copy(input, &ws.slots[here].x, prompts.input_len(a, self.images, block));
        }
        let (slot, next) = if last {
            (&mut ws.slots[here], &mut ws.top)
        } else if prompts.changes_at(block + 1) {
            (&mut ws.slots[here], &mut ws.spare)
        } else {
            let (slot, next) = two(&mut ws.slots, here, there);
            (slot, &mut next.x)
        };
        let shape = prompts.attention_shape(a, self.images, block);
        let keys = prompts.keys(block).keys();
        let keep = self.demand.is_some_and(Demand::keeps_outputs);
        let drops = Dropping::of(&self.dropped, &mut ws.drops, block);
        vit.blocks[block].forward(k, slot, Some(next), &mut ws.scratch, keys, shape, keep, drops);
        self.merge(block + 1);
    }

    /// Fills the slot of a block that kept its input alone.
    pub(super) fn block_again(&mut self, block: usize) {
        let (vit, prompts, slot) = (self.vit, self.prompts, self.slot(block));
        let (k, a, ws) = (&vit.kernels, &vit.architecture, &mut *self.ws);
        let (slot, input) = (&mut ws.slots[slot], &ws.inputs[block - self.again.start]);
        k.copy(&mut slot.x, input, prompts.input_len(a, self.images, block));
        let shape = prompts.attention_shape(a, self.images, block);
        let keys = prompts.keys(block).keys();
        let keep = self.demand.is_some_and(Demand::keeps_outputs);
        let drops = Dropping::of(&self.dropped, &mut ws.drops, block);
        vit.blocks[block].forward(k, slot, None, &mut ws.scratch, keys, shape, keep, drops);
    }
}

/// The first block that a backward pass goes through; none if there is nothing to find out there.
pub(super) fn first_block(prompt: Option<usize>, demand: &Demand) -> Option<usize> {
    [prompt, demand.first_block()].into_iter().flatten().min()
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
