//! Batches through an AlexNet that learns beside the frozen network.

use std::ops::Range;

use super::chunks::{on_chunks, split};
use super::memory::IdleMemory;
use super::network::{Batch, LossSlope};
use super::side::Beside;
use super::{Engine, card};
use crate::alexnet::AlexNetShape;
use crate::error::Error;
use crate::images::Images;
use crate::kernels::cpu::Cpu;
use crate::kernels::{Kernels, Maps, Schedule};
use crate::learn::SideArrays;
use crate::net::alexnet::{Filled, Pass, Plan, Sums, Workspace};
use crate::{Architecture, Precision};

/// Images of a chunk, at most: its unfolded rows are some megabytes per image.
const CHUNK_IMAGES: usize = 4;

impl Engine {
    /// Puts an AlexNet beside this network, as [`with_side`](Self::with_side) does with another
    /// transformer: all its arrays (`side.features.0.weight` and so on) come with each call. Its
    /// matrices are multiplied in this precision, on a graphics card in f32.
    ///
    /// # Errors
    /// Images are too small for it, or there is no room for the work.
    pub fn with_alexnet(self, shape: AlexNetShape, precision: Precision) -> Result<Self, Error> {
        if let Some(card) = self.card.clone() {
            return card::alexnet(&card, self, shape);
        }
        let device = Cpu::new(self.threads.current_num_threads(), precision)?;
        self.with_alexnet_on(device, shape)
    }

    pub(super) fn with_alexnet_on<K: Kernels + Maps>(
        mut self,
        device: K,
        shape: AlexNetShape,
    ) -> Result<Self, Error> {
        let network = Network::new(device, shape, self.architecture())?;
        self.side = Some(Beside::AlexNet(Box::new(network)));
        Ok(self)
    }
}

/// An AlexNet on any device. Each call uses the threads of the pool that it is made in.
pub(super) trait AnyAlexNet: Send + Sync {
    fn shape(&self) -> AlexNetShape;

    /// `[B, d]`: its features, projected.
    fn features(&self, batch: Batch<'_>, arrays: &SideArrays<'_>) -> Result<Vec<f32>, Error>;

    /// Gradients of its own arrays, in the order given, and of the projection, by the slope of the
    /// projected features.
    fn gradients(
        &self,
        batch: Batch<'_>,
        arrays: &SideArrays<'_>,
        slope: &LossSlope<'_>,
    ) -> Result<(Vec<Vec<f32>>, Vec<f32>), Error>;
}

struct Network<K: Kernels> {
    device: K,
    shape: AlexNetShape,
    plan: Plan,
    /// The shape of the frozen network, whose images and width are this one's, too.
    frozen: Architecture,
    schedule: Schedule,
    memory: IdleMemory<CallMemory<K>>,
}

/// Everything that one call works in.
struct CallMemory<K: Kernels> {
    arrays: Filled<K>,
    shards: Vec<ShardMemory<K>>,
}

/// What one shard of a batch works in.
struct ShardMemory<K: Kernels> {
    workspace: Workspace<K>,
    /// None until gradients are asked for.
    sums: Option<Sums<K>>,
}

impl<K: Kernels + Maps> Network<K> {
    fn new(device: K, shape: AlexNetShape, frozen: &Architecture) -> Result<Self, Error> {
        let plan = Plan::new(shape, frozen.image_size)?;
        let mut schedule = device.schedule(frozen);
        schedule.chunk_images = schedule.chunk_images.min(CHUNK_IMAGES);
        let (frozen, memory) = (frozen.clone(), IdleMemory::new());
        Ok(Self { device, shape, plan, frozen, schedule, memory })
    }

    /// Calls `work` with memory that holds these arrays and that no other call uses.
    fn with_memory<T>(
        &self,
        arrays: &SideArrays<'_>,
        work: impl FnOnce(&mut CallMemory<K>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let k = &self.device;
        let new = || {
            let shard = |_| Ok(ShardMemory { workspace: Workspace::empty(k)?, sums: None });
            let shards = (0..self.schedule.shards).map(shard).collect::<Result<_, Error>>()?;
            Ok(CallMemory { arrays: Filled::zeros(k, &self.plan, self.frozen.width)?, shards })
        };
        self.memory.lend(new, |memory| {
            memory.arrays.put(k, &self.plan, arrays);
            work(memory)
        })
    }

    /// Runs `work` on every chunk of a batch: its images, their pixels, and the memory of its shard.
    /// Results in image order.
    fn chunks<T: Send>(
        &self,
        batch: Batch<'_>,
        memory: &mut CallMemory<K>,
        work: impl Fn(Range<usize>, Pass<'_, K>, &[f32], &mut Option<Sums<K>>) -> Result<T, Error>
        + Sync,
    ) -> Result<Vec<T>, Error> {
        let CallMemory { arrays, shards } = memory;
        let (kernels, plan, arrays) = (&self.device, &self.plan, &*arrays);
        on_chunks((self.schedule, batch.count), shards, |chunk, ShardMemory { workspace, sums }| {
            let pixels = match batch.images.part(&self.frozen, &chunk) {
                Images::Pixels(pixels) => pixels,
                Images::Tokens { block: got, .. } => return Err(Error::TokensNotOurs { got }),
            };
            let images = chunk.len();
            work(chunk, Pass { kernels, plan, arrays, workspace, images }, pixels, sums)
        })
    }
}

impl<K: Kernels + Maps> AnyAlexNet for Network<K> {
    fn shape(&self) -> AlexNetShape {
        self.shape
    }

    fn features(&self, batch: Batch<'_>, arrays: &SideArrays<'_>) -> Result<Vec<f32>, Error> {
        self.with_memory(arrays, |memory| {
            let parts =
                self.chunks(batch, memory, |_, mut pass, pixels, _| pass.forward(pixels))?;
            Ok(parts.concat())
        })
    }

    fn gradients(
        &self,
        batch: Batch<'_>,
        arrays: &SideArrays<'_>,
        slope: &LossSlope<'_>,
    ) -> Result<(Vec<Vec<f32>>, Vec<f32>), Error> {
        let (k, plan, width) = (&self.device, &self.plan, self.frozen.width);
        self.with_memory(arrays, |memory| {
            let used = split(self.schedule, batch.count).len();
            for shard in &mut memory.shards[..used] {
                match &mut shard.sums {
                    Some(sums) => sums.clear(k, plan, width),
                    none => *none = Some(Sums::zeros(k, plan, width)?),
                }
            }
            self.chunks(batch, memory, |chunk, mut pass, pixels, sums| {
                let projected = pass.forward(pixels)?;
                let d_projected = slope(chunk, &projected);
                let (expected, got) = (projected.len(), d_projected.len());
                if expected != got {
                    return Err(Error::FeatureGradients { expected, got });
                }
                sums.iter_mut().for_each(|sums| pass.backward(&d_projected, sums));
                Ok(())
            })?;
            let mut sums = memory.shards[..used].iter_mut().filter_map(|shard| shard.sums.as_mut());
            let Some(first) = sums.next() else { return Ok((Vec::new(), Vec::new())) };
            sums.for_each(|other| first.add(k, plan, width, other));
            let all = first.download(k, plan, width)?;
            let layers: Vec<Vec<f32>> = all.layers.into_iter().flatten().collect();
            let own = arrays.order.iter().map(|place| layers[*place].clone()).collect();
            Ok((own, all.projection))
        })
    }
}
