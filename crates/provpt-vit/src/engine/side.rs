//! Batches through a frozen network and one that learns beside it.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::Engine;
use super::limit::StepMemory;
use super::network::{AnyNetwork, Batch, Fitting, LossSlope};
use crate::error::Error;
use crate::gradients::Gradients;
use crate::learn::{Joint, Pieces, Side, Tuned};
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
        self.side = Some(side.network);
        Ok(self)
    }
}

/// Both networks, and what is tuned of the one that learns.
pub(super) struct Both<'a> {
    pub(super) frozen: &'a dyn AnyNetwork,
    pub(super) beside: &'a dyn AnyNetwork,
    own: Fitting<'a>,
    side: Side<'a>,
}

impl<'a> Both<'a> {
    /// # Errors
    /// What is tuned does not fit them.
    pub(super) fn new(
        [frozen, beside]: [&'a dyn AnyNetwork; 2],
        tuned: &Tuned<'a>,
    ) -> Result<Self, Error> {
        if !tuned.prompts.is_empty() {
            return Err(Error::BesideSide { name: "prompts".to_owned() });
        }
        let (side, pieces) =
            Side::new(tuned.weights, frozen.architecture(), beside.architecture())?;
        Ok(Self { frozen, beside, own: Fitting { prompts: Prompts::NONE, pieces }, side })
    }

    /// What gradients of so many images take.
    pub(super) fn step_memory(&self, images: usize) -> Result<StepMemory, Error> {
        let pieces = Pieces::new(&[], self.frozen.architecture())?;
        let nothing = Fitting { prompts: Prompts::NONE, pieces };
        let frozen = self.frozen.step_memory(images, &nothing, false)?;
        let beside = self.beside.step_memory(images, &self.own, false)?;
        Ok(StepMemory { bytes: frozen.bytes + beside.bytes, ..beside })
    }

    /// Features `[B, d]` of the frozen network alone.
    fn frozen(&self, batch: Batch<'_>) -> Result<Vec<f32>, Error> {
        let pieces = Pieces::new(&[], self.frozen.architecture())?;
        let nothing = Fitting { prompts: Prompts::NONE, pieces };
        Ok(self.frozen.leave_one_out(batch, &nothing, &[])?.swap_remove(0))
    }

    /// Features `[B, d]` of both.
    pub(super) fn features(&self, batch: Batch<'_>) -> Result<Vec<f32>, Error> {
        let own = self.beside.leave_one_out(batch, &self.own, &[])?.swap_remove(0);
        Ok(self.side.join(&self.frozen(batch)?, &own))
    }

    /// Forward through both, and backward through the one that learns.
    pub(super) fn gradients(
        &self,
        batch: Batch<'_>,
        loss: &LossSlope<'_>,
    ) -> Result<Gradients, Error> {
        let (frozen, width) = (self.frozen(batch)?, self.frozen.architecture().width);
        let joints = Mutex::new(Vec::new());
        let slope = |images: Range<usize>, own: &[f32]| {
            let start = images.start;
            let frozen = &frozen[start * width..images.end * width];
            let d_features = loss(images, &self.side.join(frozen, own));
            if d_features.len() != frozen.len() {
                return Vec::new();
            }
            let (d_own, joint) = self.side.back(frozen, own, &d_features);
            joints.lock().unwrap_or_else(PoisonError::into_inner).push((start, joint));
            d_own
        };
        let mut all = self.beside.gradients(batch, &self.own, None, &slope)?;
        let mut joints = joints.into_inner().unwrap_or_else(PoisonError::into_inner);
        // In the order of the images, whichever thread was first.
        joints.sort_by_key(|(start, _)| *start);
        let joints = joints.into_iter().map(|(_, joint): (usize, Joint)| joint);
        all.weights = self.side.gradients(std::mem::take(&mut all.weights), joints);
        Ok(all)
    }
}
