//! What happens where memory runs out on a device that does not tell beforehand how much it has: half
//! of the images go at a time, and the work is done again.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::Engine;
use super::network::AnyNetwork;
use super::side::Beside;
use crate::error::Error;
use crate::kernels::Schedule;

/// Images that go at a time since memory ran out; 0 as long as it has not.
#[derive(Debug, Default)]
pub(super) struct Fewer(AtomicUsize);

impl Fewer {
    pub(super) fn get(&self) -> Option<usize> {
        Some(self.0.load(Ordering::Relaxed)).filter(|images| *images > 0)
    }

    /// A device's schedule, with no more images at a time than these.
    pub(super) fn of(&self, schedule: Schedule) -> Schedule {
        let chunk_images =
            self.get().map_or(schedule.chunk_images, |n| n.min(schedule.chunk_images));
        Schedule { chunk_images, ..schedule }
    }

    /// Half of those that went of so many, if there was more than one.
    pub(super) fn halve(&self, schedule: Schedule, images: usize) -> bool {
        let shard = images.div_ceil(schedule.shards.max(1));
        let at_a_time = self.of(schedule).chunk_images.min(shard);
        self.0.store((at_a_time / 2).max(1), Ordering::Relaxed);
        at_a_time > 1
    }
}

impl Engine {
    /// Does work on so many images on the engine's threads, again with fewer at a time where the
    /// device has no room for it.
    pub(super) fn work<T: Send>(
        &self,
        images: usize,
        work: impl Fn() -> Result<T, Error> + Sync,
    ) -> Result<T, Error> {
        loop {
            match self.install(&work) {
                Err(Error::Memory { .. }) if self.halve(images) => {}
                done => return done,
            }
        }
    }

    fn halve(&self, images: usize) -> bool {
        // Both give back what they hold.
        self.networks().filter(|network| network.halve(images)).count() > 0
    }

    fn networks(&self) -> impl Iterator<Item = &dyn AnyNetwork> {
        let beside = self.side.as_ref().and_then(Beside::as_transformer);
        std::iter::once(&*self.network).chain(beside)
    }

    /// Images that go at a time since the device's memory ran out, if it ever did.
    pub fn fewer_images(&self) -> Option<usize> {
        self.networks().filter_map(AnyNetwork::fewer).min()
    }
}
