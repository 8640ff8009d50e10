//! Batches through a network on a device: what callers see, whichever device it is.
//!
//! [`Engine`] checks what it is given and hands it to a [`Network`] by way of [`AnyNetwork`], which
//! knows no device type. A batch is split into shards, a shard into chunks, as the device wants it.

mod alexnet;
#[cfg(feature = "gpu")]
mod card;
#[cfg(not(feature = "gpu"))]
#[path = "no_card.rs"]
mod card;
mod chunks;
mod gradients;
mod leave_one_out;
mod less;
mod limit;
mod masked;
mod meanwhile;
mod memory;
mod network;
mod plan;
mod side;
#[cfg(test)]
mod tests;
mod together;
mod tokens;

use std::ops::Range;

use rayon::ThreadPool;

use crate::dropout::{BackboneMask, drops_before};
use crate::error::Error;
use crate::gradients::Gradients;
use crate::images::Images;
use crate::kernels::Kernels;
use crate::kernels::cpu::Cpu;
use crate::learn::{Pieces, Tuned, last_entry};
use crate::prompts::{Layout, Placement, PromptMask};
use crate::weights::Backbone;
use crate::{Architecture, Device, Precision};
use card::Card;
pub use limit::StepMemory;
use network::{AnyNetwork, Batch, Fitting, LossSlope, Mask, Network};
use side::{Beside, Both, InOrder};

#[cfg(feature = "bench")]
pub(crate) use chunks::split;

/// Gradients, by a loss that gives something else, too: those come back in order of the images.
fn with_extras<T: Send>(
    loss: impl Fn(Range<usize>, &[f32]) -> (Vec<f32>, T) + Sync,
    gradients: impl FnOnce(&LossSlope<'_>) -> Result<Gradients, Error>,
) -> Result<(Gradients, Vec<T>), Error> {
    let extras = InOrder::default();
    let slope = |images: Range<usize>, features: &[f32]| {
        let start = images.start;
        let (d_features, extra) = loss(images, features);
        extras.push(start, extra);
        d_features
    };
    let gradients = gradients(&slope)?;
    Ok((gradients, extras.take()))
}

/// A frozen backbone, ready to run.
pub struct Engine {
    /// The host's threads; on a CPU the device is nothing else.
    threads: ThreadPool,
    /// As many more for what goes on while a card computes: one of the others waits for it.
    meanwhile: Option<ThreadPool>,
    network: Box<dyn AnyNetwork>,
    /// One that may learn beside it.
    side: Option<Beside>,
    /// What computes, if it is not the processor.
    card: Option<Card>,
}

impl Engine {
    /// Puts a backbone on `threads` threads (0 = one per core), to be computed in f32.
    ///
    /// # Errors
    /// A weight is missing or has the wrong size, there is no room for it, the threads cannot be
    /// started, or the environment asks for an instruction set that there is not.
    pub fn new(backbone: Backbone, threads: usize) -> Result<Self, Error> {
        Self::with_precision(backbone, threads, Precision::F32)
    }

    /// The same, with frozen matrices and what is multiplied with them in this precision.
    ///
    /// # Errors
    /// As of [`Self::new`].
    pub fn with_precision(
        backbone: Backbone,
        threads: usize,
        precision: Precision,
    ) -> Result<Self, Error> {
        Self::on(|threads| Cpu::new(threads, precision), backbone, threads)
    }

    /// The same on a device; `threads` are those of the host.
    ///
    /// # Errors
    /// As of [`Self::new`], or there is no such device, it does not compute in this precision, or its
    /// driver fails.
    pub fn with_device(
        backbone: Backbone,
        threads: usize,
        precision: Precision,
        device: Device,
    ) -> Result<Self, Error> {
        match card::open(device, precision)? {
            None => Self::with_precision(backbone, threads, precision),
            Some(card) => card::engine(card, backbone, threads),
        }
    }

    /// What computes, in words: `cpu`, or a graphics card's number, name and driver.
    pub fn device(&self) -> &str {
        self.card.as_ref().map_or("cpu", card::name)
    }

    /// Puts a backbone on a device, which is told the number of the host's threads.
    fn on<K: Kernels>(
        device: impl FnOnce(usize) -> Result<K, Error>,
        backbone: Backbone,
        threads: usize,
    ) -> Result<Self, Error> {
        let threads = meanwhile::pool(threads)?;
        let device = device(threads.current_num_threads())?;
        let network = Network::new(device, &backbone.architecture, backbone.tensors)?;
        let network = Box::new(network);
        Ok(Self { threads, meanwhile: None, network, side: None, card: None })
    }

    /// The backbone's shape.
    pub fn architecture(&self) -> &Architecture {
        self.network.architecture()
    }

    /// Runs other work on the engine's threads.
    pub fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.threads.install(work)
    }

    /// Features `[B, d]` of images, nothing kept for a backward pass.
    ///
    /// # Errors
    /// The images or what is tuned do not fit the backbone, or there is no room for the work.
    pub fn features<'i, 't>(
        &self,
        images: impl Into<Images<'i>>,
        tuned: impl Into<Tuned<'t>>,
    ) -> Result<Vec<f32>, Error> {
        let mut all = self.leave_one_out(images, tuned, &[])?;
        Ok(all.swap_remove(0))
    }

    /// Features `[B, d]` of images under prompt dropout, as [`gradients`](Self::gradients) has them.
    ///
    /// # Errors
    /// The images or what is tuned do not fit the backbone, or there is no room for the work.
    pub fn masked_features<'i, 't>(
        &self,
        images: impl Into<Images<'i>>,
        tuned: impl Into<Tuned<'t>>,
        mask: &dyn PromptMask,
    ) -> Result<Vec<f32>, Error> {
        let (images, tuned) = (images.into(), tuned.into());
        if let Some(both) = self.both(&tuned)? {
            let batch = self.batch(images, None)?;
            return self.work(batch.count, || both.features(batch));
        }
        let (batch, tuned) = self.fitting(images, tuned)?;
        let mask = Mask::Prompts(mask);
        self.work(batch.count, || self.network.masked_features(batch, &tuned, mask))
    }

    /// Features `[B, d]` of images where the backbone drops some of its own values, as
    /// [`dropped_gradients`](Self::dropped_gradients) has them.
    ///
    /// # Errors
    /// The images or what is tuned do not fit the backbone, there are prompts among the tokens or a
    /// side network, the images are behind a place where something is dropped, or there is no room
    /// for the work.
    pub fn dropped_features<'i, 't>(
        &self,
        images: impl Into<Images<'i>>,
        tuned: impl Into<Tuned<'t>>,
        mask: &dyn BackboneMask,
    ) -> Result<Vec<f32>, Error> {
        let (batch, tuned) = self.dropping(images.into(), tuned.into(), mask)?;
        let mask = Mask::Backbone(mask);
        self.work(batch.count, || self.network.masked_features(batch, &tuned, mask))
    }

    /// Features with all prompts, then with each of `rows` removed in turn. Blocks in front of a
    /// removed prompt are not run again.
    ///
    /// # Shapes
    /// `1 + rows.len()` times `[B, d]`.
    ///
    /// # Errors
    /// The images or what is tuned do not fit the backbone, there is no such row, or no room for the
    /// work.
    pub fn leave_one_out<'i, 't>(
        &self,
        images: impl Into<Images<'i>>,
        tuned: impl Into<Tuned<'t>>,
        rows: &[usize],
    ) -> Result<Vec<Vec<f32>>, Error> {
        let (images, tuned) = (images.into(), tuned.into());
        let prompts = tuned.prompts.len();
        if let Some(&got) = rows.iter().find(|&&row| row >= prompts) {
            return Err(Error::PromptRow { prompts, got });
        }
        if let Some(both) = self.both(&tuned)? {
            let batch = self.batch(images, None)?;
            return self.work(batch.count, || Ok(vec![both.features(batch)?]));
        }
        let (batch, tuned) = self.fitting(images, tuned)?;
        if !rows.is_empty() && tuned.prompts.placement == Placement::Added {
            return Err(Error::AddedRow);
        }
        self.work(batch.count, || self.network.leave_one_out(batch, &tuned, rows))
    }

    /// What the backbone's own blocks in front of `block` make of images: `[B, tokens, d]`, as many
    /// and as wide as the block's own.
    ///
    /// # Errors
    /// The images do not fit the backbone or are further through it, there is no such block, or no
    /// room for the work.
    pub fn tokens<'i>(
        &self,
        images: impl Into<Images<'i>>,
        block: usize,
    ) -> Result<Vec<f32>, Error> {
        let (images, a) = (images.into(), self.architecture());
        if block >= a.depth {
            return Err(Error::TokensTooDeep { first: a.depth - 1, got: block });
        }
        let batch = Batch { images, count: images.count(a, Some(block))? };
        self.work(batch.count, || self.network.tokens(batch, block))
    }

    /// Forward and backward over a batch.
    ///
    /// `loss` gets a range of the batch and its features `[n, d]`, and returns d loss / d features
    /// `[n, d]` (of the loss of the *whole* batch) with anything else the caller wants; those come
    /// back in order of the images. It runs on the engine's threads, and begins anew where the device
    /// has no room for as many images at a time. A `mask` is prompt dropout.
    /// All that is tuned learns: the backward pass ends below the lowest of it.
    ///
    /// # Errors
    /// The images or what is tuned do not fit the backbone, `loss` gives another number of values,
    /// or there is no room for the work.
    pub fn gradients<'i, 't, T: Send>(
        &self,
        images: impl Into<Images<'i>>,
        tuned: impl Into<Tuned<'t>>,
        mask: Option<&dyn PromptMask>,
        loss: impl Fn(Range<usize>, &[f32]) -> (Vec<f32>, T) + Sync,
    ) -> Result<(Gradients, Vec<T>), Error> {
        let (images, tuned) = (images.into(), tuned.into());
        match self.both(&tuned)? {
            Some(both) => {
                let batch = self.batch(images, None)?;
                self.work(batch.count, || with_extras(&loss, |slope| both.gradients(batch, slope)))
            }
            None => {
                let (batch, tuned) = self.fitting(images, tuned)?;
                self.work(batch.count, || {
                    with_extras(&loss, |slope| {
                        self.network.gradients(batch, &tuned, mask.into(), slope)
                    })
                })
            }
        }
    }

    /// The same where the backbone drops some of its own values. Prompts can only be keys and values
    /// then.
    ///
    /// # Errors
    /// As of [`gradients`](Self::gradients) and [`dropped_features`](Self::dropped_features).
    pub fn dropped_gradients<'i, 't, T: Send>(
        &self,
        images: impl Into<Images<'i>>,
        tuned: impl Into<Tuned<'t>>,
        mask: &dyn BackboneMask,
        loss: impl Fn(Range<usize>, &[f32]) -> (Vec<f32>, T) + Sync,
    ) -> Result<(Gradients, Vec<T>), Error> {
        let (batch, tuned) = self.dropping(images.into(), tuned.into(), mask)?;
        self.work(batch.count, || {
            with_extras(&loss, |slope| {
                self.network.gradients(batch, &tuned, Mask::Backbone(mask), slope)
            })
        })
    }

    /// What fits a backbone that drops values: prompts that are no tokens, and images in front of the
    /// first place where something is dropped.
    fn dropping<'i, 't>(
        &self,
        images: Images<'i>,
        tuned: Tuned<'t>,
        mask: &dyn BackboneMask,
    ) -> Result<(Batch<'i>, Fitting<'t>), Error> {
        let (batch, tuned) = self.fitting(images, tuned)?;
        if !Layout::new(&tuned.prompts, self.architecture()).are_keys() {
            return Err(Error::DropsBeside { name: "prompts among the tokens".to_owned() });
        }
        match batch.images {
            Images::Tokens { block: got, .. } if drops_before(mask, got) => {
                Err(Error::TokensNotOurs { got })
            }
            _ => Ok((batch, tuned)),
        }
    }

    /// Checks that what is tuned fits the networks.
    ///
    /// # Errors
    /// It does not.
    pub fn check<'t>(&self, tuned: impl Into<Tuned<'t>>) -> Result<(), Error> {
        let tuned = tuned.into();
        match self.both(&tuned)? {
            Some(_) => Ok(()),
            None => Pieces::new(tuned.weights, self.architecture()).map(|_| ()),
        }
    }

    /// Both networks, if the second one is tuned.
    fn both<'t>(&'t self, tuned: &Tuned<'t>) -> Result<Option<Both<'t>>, Error> {
        let side = self.side.as_ref().filter(|_| tuned.has_side());
        side.map(|side| Both::new(&*self.network, side, tuned)).transpose()
    }

    /// Images as a batch that may enter the network in front of the block `last`.
    fn batch<'i>(&self, images: Images<'i>, last: Option<usize>) -> Result<Batch<'i>, Error> {
        let count = images.count(self.architecture(), last)?;
        Ok(Batch { images, count })
    }

    /// The images as a batch, and what is tuned, if they fit the backbone.
    fn fitting<'i, 't>(
        &self,
        images: Images<'i>,
        tuned: Tuned<'t>,
    ) -> Result<(Batch<'i>, Fitting<'t>), Error> {
        let fitting = self.fitting_alone(tuned)?;
        let last = last_entry(&fitting.prompts, fitting.pieces.demand(), self.architecture());
        Ok((self.batch(images, last)?, fitting))
    }

    /// What is tuned, if it fits the backbone.
    fn fitting_alone<'t>(&self, tuned: Tuned<'t>) -> Result<Fitting<'t>, Error> {
        let (a, prompts) = (self.architecture(), tuned.prompts);
        let depth = match prompts.placement {
            Placement::Shallow => None,
            Placement::DeepThenStay(block) => Some(a.depth.min(block + 1)),
            Placement::Deep | Placement::DeepLosing | Placement::DeepNormed | Placement::Added => {
                Some(a.depth)
            }
        };
        if let Some(depth) = depth
            && let Some(&got) = prompts.block_of.iter().find(|&&block| block >= depth)
        {
            return Err(Error::PromptBlock { depth, got });
        }
        let expected = prompts.values_len(a);
        if prompts.values.len() != expected {
            return Err(Error::PromptValues { expected, got: prompts.values.len() });
        }
        Layout::new(&prompts, a).check(a)?;
        Ok(Fitting { prompts, pieces: Pieces::new(tuned.weights, a)? })
    }
}
