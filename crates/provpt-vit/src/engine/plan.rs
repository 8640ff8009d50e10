//! How a batch goes through a network in the memory that it may have.
//!
//! Where there is a limit, fewer images go at a time first: products over the tokens of one image
//! are nearly as fast as over those of a few. Only where one image on each thread is too much are
//! blocks computed again on the way back, as few as will do: all of them are a fourth of a step.

use super::limit::Limit;
use super::network::{Fitting, Network};
use crate::error::Error;
use crate::kernels::{Kernels, Schedule};
use crate::net::vit::{Purpose, Room, Vit};
use crate::prompts::Layout;

/// How chunks go through a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) schedule: Schedule,
    /// Blocks that are computed again on the way back.
    pub(super) again: usize,
}

/// A network for a call, and what is tuned of it.
pub(super) struct Call<'a, K: Kernels> {
    /// With what is tuned in its places.
    pub(super) vit: &'a Vit<K>,
    pub(super) tuned: &'a Fitting<'a>,
    /// Whether every image sees prompts of its own.
    pub(super) per_image: bool,
    /// Whether the network drops some of its own values.
    pub(super) drops: bool,
}

impl<K: Kernels> Call<'_, K> {
    /// Asks how much passes need.
    pub(super) fn room<T>(&self, ask: impl FnOnce(Room<'_, K>) -> T) -> T {
        let layout = Layout::new(&self.tuned.prompts, &self.vit.architecture);
        ask(Room { vit: self.vit, layout: &layout, per_image: self.per_image, drops: self.drops })
    }
}

impl<K: Kernels> Network<K> {
    /// Bytes that one shard may have.
    pub(super) fn share(&self) -> Option<usize> {
        let Limit { bytes, networks } = self.limit?;
        Some(bytes / networks / self.schedule.shards.max(1))
    }

    /// How passes for a purpose are made.
    ///
    /// # Errors
    /// The limit is too low.
    pub(super) fn plan(
        &self,
        call: &Call<'_, K>,
        purpose: Purpose<'_>,
        images: usize,
    ) -> Result<Plan, Error> {
        let schedule = self.fewer.of(self.schedule);
        let (Some(limit), Some(share)) = (self.limit, self.share()) else {
            return Ok(Plan { schedule, again: 0 });
        };
        call.room(|room| {
            let fits = |again: usize, images: usize| -> Result<bool, Error> {
                Ok(room.bytes(purpose.with_again(again), images)? <= share)
            };
            let most = images.div_ceil(schedule.shards.max(1)).max(1);
            for chunk_images in (1..=schedule.chunk_images.min(most)).rev() {
                if fits(0, chunk_images)? {
                    return Ok(Plan { schedule: Schedule { chunk_images, ..schedule }, again: 0 });
                }
            }
            let most = room.most_again(purpose);
            for again in 1..=most {
                if fits(again, 1)? {
                    return Ok(Plan { schedule: Schedule { chunk_images: 1, ..schedule }, again });
                }
            }
            let threads = schedule.shards;
            let needed = limit.networks * threads * room.bytes(purpose.with_again(most), 1)?;
            Err(Error::Activations { threads, needed, got: limit.bytes })
        })
    }
}
