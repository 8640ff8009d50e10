//! Batches through a frozen network and one that learns beside it.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::Engine;
use super::alexnet::AnyAlexNet;
use super::limit::StepMemory;
use super::network::{AnyNetwork, Batch, Fitting, LossSlope, Mask};
use crate::error::Error;
use crate::gradients::Gradients;
use crate::learn::{Pieces, Projection, Side, SideArrays, Tuned};
use crate::prompts::Prompts;

impl Engine {
    /// Puts a second network beside this one: where arrays of it are tuned (`side.` in front of
    /// their names, `side_projection.weight` and `side_alpha`), features are those of both.
    ///
    /// # Errors
    /// It is for images of another size.
    pub fn with_side(mut self, side: Self) -> Result<Self, Error> {
        let [expected, got] = [&self, &side].map(|engine| engine.architecture().image_size);
        if expected != got {
            return Err(Error::SideImages { expected, got });
        }
        self.side = Some(Beside::Transformer(side.network));
        Ok(self)
    }
}

/// A network that may learn beside the frozen one.
pub(super) enum Beside {
    Transformer(Box<dyn AnyNetwork>),
    AlexNet(Box<dyn AnyAlexNet>),
}

impl Beside {
    pub(super) fn as_transformer(&self) -> Option<&dyn AnyNetwork> {
        match self {
            Self::Transformer(network) => Some(&**network),
            Self::AlexNet(_) => None,
        }
    }

    pub(super) fn transformer(&mut self) -> Option<&mut Box<dyn AnyNetwork>> {
        match self {
            Self::Transformer(network) => Some(network),
            Self::AlexNet(_) => None,
        }
    }
}

/// Both networks, and what is tuned of the one that learns.
pub(super) struct Both<'a> {
    frozen: &'a dyn AnyNetwork,
    beside: Fitted<'a>,
    side: Side<'a>,
}

/// The one that learns, with its arrays.
enum Fitted<'a> {
    Transformer(&'a dyn AnyNetwork, Fitting<'a>),
    AlexNet(&'a dyn AnyAlexNet, SideArrays<'a>),
}

/// Gradients of the side's own arrays and of the projection, in the order of the images.
type OwnGradients = (Vec<Vec<f32>>, Vec<f32>);

impl<'a> Both<'a> {
    /// # Errors
    /// What is tuned does not fit them.
    pub(super) fn new(
        frozen: &'a dyn AnyNetwork,
        beside: &'a Beside,
        tuned: &Tuned<'a>,
    ) -> Result<Self, Error> {
        if !tuned.prompts.is_empty() {
            return Err(Error::BesideSide { name: "prompts".to_owned() });
        }
        let width = frozen.architecture().width;
        let (side, beside) = match beside {
            Beside::Transformer(network) => {
                let a = network.architecture();
                let side = Side::new(tuned.weights, width, a.width)?;
                let pieces = Pieces::new(&side.own, a)?;
                let own = Fitting { prompts: Prompts::NONE, pieces };
                (side, Fitted::Transformer(&**network, own))
            }
            Beside::AlexNet(network) => {
                let shape = network.shape();
                let side = Side::new(tuned.weights, width, shape.features())?;
                let arrays = SideArrays::new(&side, shape)?;
                (side, Fitted::AlexNet(&**network, arrays))
            }
        };
        Ok(Self { frozen, beside, side })
    }

    /// What gradients of so many images take in the transformers.
    pub(super) fn step_memory(&self, images: usize) -> Result<StepMemory, Error> {
        let nothing = Fitting::bare(self.frozen.architecture())?;
        let frozen = self.frozen.step_memory(images, &nothing, false)?;
        let Fitted::Transformer(network, own) = &self.beside else { return Ok(frozen) };
        let beside = network.step_memory(images, own, false)?;
        Ok(StepMemory { bytes: frozen.bytes + beside.bytes, ..beside })
    }

    /// Features `[B, d]` of the frozen network alone.
    fn frozen(&self, batch: Batch<'_>) -> Result<Vec<f32>, Error> {
        let nothing = Fitting::bare(self.frozen.architecture())?;
        Ok(self.frozen.leave_one_out(batch, &nothing, &[])?.swap_remove(0))
    }

    /// Features `[B, d]` of both.
    pub(super) fn features(&self, batch: Batch<'_>) -> Result<Vec<f32>, Error> {
        let projected = match &self.beside {
            Fitted::Transformer(network, own) => {
                let own = network.leave_one_out(batch, own, &[])?.swap_remove(0);
                self.side.projection.forward(&own)
            }
            Fitted::AlexNet(network, arrays) => network.features(batch, arrays)?,
        };
        Ok(self.side.joint.join(&self.frozen(batch)?, &projected))
    }

    /// Forward through both, and backward through the one that learns.
    pub(super) fn gradients(
        &self,
        batch: Batch<'_>,
        loss: &LossSlope<'_>,
    ) -> Result<Gradients, Error> {
        let (frozen, width) = (self.frozen(batch)?, self.frozen.architecture().width);
        let (joint, alphas) = (self.side.joint, InOrder::default());
        let slope = |images: Range<usize>, projected: &[f32]| {
            let start = images.start;
            let frozen = &frozen[start * width..images.end * width];
            let d_features = loss(images, &joint.join(frozen, projected));
            if d_features.len() != frozen.len() {
                return Vec::new();
            }
            let (d_projected, alpha) = joint.back(frozen, projected, &d_features);
            alphas.push(start, alpha);
            d_projected
        };
        let (own, projection) = match &self.beside {
            Fitted::Transformer(network, own) => {
                beside(*network, own, self.side.projection, batch, &slope)?
            }
            Fitted::AlexNet(network, arrays) => network.gradients(batch, arrays, &slope)?,
        };
        let alpha = alphas.take().into_iter().sum();
        let weights = self.side.gradients(own, projection, alpha);
        Ok(Gradients { weights, ..Gradients::zeros(&Prompts::NONE) })
    }
}

/// Forward and backward through a transformer, whose features are projected on the host.
fn beside(
    network: &dyn AnyNetwork,
    own: &Fitting<'_>,
    projection: Projection<'_>,
    batch: Batch<'_>,
    slope: &LossSlope<'_>,
) -> Result<OwnGradients, Error> {
    let parts = InOrder::default();
    let slope = |images: Range<usize>, own: &[f32]| {
        let start = images.start;
        let d_projected = slope(images, &projection.forward(own));
        if d_projected.is_empty() {
            return Vec::new();
        }
        let (d_own, d_projection) = projection.back(own, &d_projected);
        parts.push(start, d_projection);
        d_own
    };
    let all = network.gradients(batch, own, Mask::Nothing, &slope)?;
    let mut sum = vec![0.0; projection.values.len()];
    for part in parts.take() {
        sum.iter_mut().zip(&part).for_each(|(sum, part)| *sum += part);
    }
    Ok((all.weights, sum))
}

/// What parts of a batch come to, taken out in the order of the images, whichever thread was first.
pub(super) struct InOrder<T>(Mutex<Vec<(usize, T)>>);

impl<T> Default for InOrder<T> {
    fn default() -> Self {
        Self(Mutex::new(Vec::new()))
    }
}

impl<T> InOrder<T> {
    pub(super) fn push(&self, start: usize, part: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((start, part));
    }

    pub(super) fn take(self) -> Vec<T> {
        let mut parts = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        parts.sort_by_key(|(start, _)| *start);
        parts.into_iter().map(|(_, part)| part).collect()
    }
}
