//! Multipliers on values of a pass, where a backbone that learns as a whole drops some. They are made
//! again on the way back rather than kept.

use std::ops::Range;

use super::{Pass, Vit};
use crate::dropout::{BackboneMask, DropPlace};
use crate::error::Error;
use crate::kernels::Kernels;
use crate::net::growing::GrowingBuffer;

/// Images of a batch, and what is dropped of them.
#[derive(Clone)]
pub(crate) struct DroppedImages<'a> {
    pub(crate) mask: &'a dyn BackboneMask,
    pub(crate) images: Range<usize>,
}

/// Room for the multipliers of one place: on the device, and where they come from.
pub(super) struct DropRoom<K: Kernels> {
    device: GrowingBuffer<K>,
    host: Vec<f32>,
}

/// What is dropped in one block.
pub(super) struct Dropping<'a, K: Kernels> {
    dropped: &'a DroppedImages<'a>,
    room: &'a mut DropRoom<K>,
    block: usize,
}

impl<'a, K: Kernels> Pass<'a, K> {
    /// The same pass, with some values dropped.
    ///
    /// # Errors
    /// There is no room for their multipliers.
    pub(crate) fn dropping(mut self, dropped: Option<DroppedImages<'a>>) -> Result<Self, Error> {
        if dropped.is_some() {
            let len = self.images * most_values(self.vit);
            let k = &self.vit.kernels;
            let mut room = match self.ws.drops.take() {
                Some(room) => room,
                None => DropRoom { device: GrowingBuffer::empty(k)?, host: Vec::new() },
            };
            room.device.fit(k, len)?;
            room.host.resize(room.host.len().max(len), 0.0);
            self.ws.drops = Some(room);
        }
        self.dropped = dropped;
        Ok(self)
    }

    /// Drops what is dropped of tokens in front of the first block, or of their gradient, in `top`.
    pub(super) fn drop_embedding(&mut self, back: bool) {
        let (k, a, slot) = (&self.vit.kernels, &self.vit.architecture, self.slot(0));
        let (rows, ws) = (self.images * a.tokens(), &mut *self.ws);
        let mut dropping = Dropping::of(&self.dropped, &mut ws.drops, 0);
        let Some(dropping) = &mut dropping else { return };
        let x = if back { &mut ws.top } else { &mut ws.slots[slot].x };
        dropping.apply(k, |_| DropPlace::Embedding, x, rows, a.width);
    }
}

/// Values of one image where there are most of them.
pub(super) fn most_values<K: Kernels>(vit: &Vit<K>) -> usize {
    let a = &vit.architecture;
    let of_block =
        |block| a.block_tokens(block) * a.block_mlp_width(block).max(a.block_width(block));
    (0..a.depth).map(of_block).max().unwrap_or_default()
}

impl<'a, K: Kernels> Dropping<'a, K> {
    /// None, if nothing is dropped in this pass.
    pub(super) fn of(
        dropped: &'a Option<DroppedImages<'a>>,
        room: &'a mut Option<DropRoom<K>>,
        block: usize,
    ) -> Option<Self> {
        let (dropped, room) = (dropped.as_ref()?, room.as_mut()?);
        Some(Self { dropped, room, block })
    }

    fn apply(
        &mut self,
        k: &K,
        place: impl Fn(usize) -> DropPlace,
        x: &mut K::Buffer,
        rows: usize,
        width: usize,
    ) {
        let (place, DroppedImages { mask, images }) = (place(self.block), self.dropped);
        if !mask.drops(place) || images.is_empty() {
            return;
        }
        let (len, one) = (rows * width, rows / images.len() * width);
        let parts = self.room.host[..len].chunks_exact_mut(one);
        for (image, multipliers) in images.clone().zip(parts) {
            if place.is_path() {
                let mut multiplier = [1.0];
                mask.fill(image, place, &mut multiplier);
                multipliers.fill(multiplier[0]);
            } else {
                mask.fill(image, place, multipliers);
            }
        }
        let device = self.room.device.get_mut();
        k.write(device, &self.room.host[..len]);
        // One row of scales, one for each value.
        k.scale_shift(x, device, None, 1, len);
    }
}

/// Makes a place of a block.
pub(super) type PlaceOf = fn(usize) -> DropPlace;

/// What is dropped in a block, if anything is.
pub(super) type Drops<'a, K> = Option<Dropping<'a, K>>;

/// Whether anything is dropped at a place.
pub(super) fn drops<K: Kernels>(drops: &Drops<'_, K>, place: PlaceOf) -> bool {
    drops.as_ref().is_some_and(|drops| drops.dropped.mask.drops(place(drops.block)))
}

/// Drops what is dropped at a place of `x[rows, width]`, or of its gradient.
pub(super) fn drop_at<K: Kernels>(
    k: &K,
    drops: &mut Drops<'_, K>,
    place: PlaceOf,
    x: &mut K::Buffer,
    (rows, width): (usize, usize),
) {
    if let Some(drops) = drops {
        drops.apply(k, place, x, rows, width);
    }
}
