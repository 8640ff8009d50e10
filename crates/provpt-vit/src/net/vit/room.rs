//! How much passes work in, told beforehand.

use super::dropping::most_values;
use super::pass::first_block;
use super::{Purpose, Sizes, Vit, Workspace};
use crate::error::Error;
use crate::kernels::Kernels;
use crate::prompts::{Layout, Row};

/// A network and prompts, and what passes need, before there are any.
pub(crate) struct Room<'a, K: Kernels> {
    pub(crate) vit: &'a Vit<K>,
    pub(crate) layout: &'a Layout,
    /// Whether every image sees prompts of its own.
    pub(crate) per_image: bool,
    /// Whether the network drops some of its own values.
    pub(crate) drops: bool,
}

impl<K: Kernels> Room<'_, K> {
    fn sizes(&self, purpose: Purpose<'_>, images: usize) -> Sizes {
        let rows = |block| self.layout.front(block).len();
        let inserted = (0..self.vit.architecture.depth).map(rows).sum();
        let extra = if self.layout.adds() { 0 } else { inserted };
        Sizes::of(self.vit, (extra, self.layout.first_block()), purpose, images)
    }

    /// The most blocks that can be computed again on the way back.
    pub(crate) fn most_again(&self, purpose: Purpose<'_>) -> usize {
        self.sizes(purpose, 1).own
    }

    /// Blocks that a backward pass goes through.
    pub(crate) fn blocks_back(&self, purpose: Purpose<'_>) -> usize {
        let first = match purpose {
            Purpose::Features { .. } => None,
            Purpose::Gradients { demand, .. } => first_block(self.layout.first_block(), demand),
        };
        first.map_or(0, |first| self.vit.architecture.depth - first)
    }

    /// Bytes that passes over chunks of so many images work in.
    ///
    /// # Errors
    /// The device gives no memory at all.
    pub(crate) fn bytes(&self, purpose: Purpose<'_>, images: usize) -> Result<usize, Error> {
        Ok(self.values(purpose, images)?.saturating_mul(size_of::<f32>()))
    }

    fn values(&self, purpose: Purpose<'_>, images: usize) -> Result<usize, Error> {
        let sizes = self.sizes(purpose, images);
        let (k, a) = (&self.vit.kernels, &self.vit.architecture);
        let own = if self.per_image { images * self.prompt_values() } else { 0 };
        // Multipliers, on the device and on the host.
        let dropped = if self.drops { 2 * images * most_values(self.vit) } else { 0 };
        Ok(Workspace::values(k, a, sizes)? + own + dropped)
    }

    /// Values of one image's own prompts: themselves and their masks, and on the device what becomes
    /// of them, with the gradients of that.
    fn prompt_values(&self) -> usize {
        let width = |rows: &[Row]| rows.iter().map(|row| row.width).sum::<usize>();
        let blocks = 0..self.vit.architecture.depth;
        blocks.map(|b| 8 * width(self.layout.keys(b)) + 4 * width(self.layout.front(b))).sum()
    }
}
