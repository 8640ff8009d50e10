//! Scores that are gathered while an epoch is tuned, and used before the next one.

use serde_json::Value;

use crate::error::Error;
use crate::learn::model::BatchGradients;
use crate::learn::parameters::Parameters;
use crate::relocate::idleness::{ScoreSum, Scores};

/// Under this name a checkpoint keeps them.
pub(crate) const RUNNING: &str = "running";

/// Those of the last epoch, and the sums of the one that goes on.
#[derive(Default)]
pub(crate) struct Running {
    scores: Option<Scores>,
    gathering: Option<ScoreSum>,
}

impl Running {
    /// The scores of the last epoch, once.
    pub(crate) fn take(&mut self) -> Option<Scores> {
        self.scores.take()
    }

    /// An epoch begins.
    pub(crate) fn begin(&mut self, sum: ScoreSum) {
        self.gathering = Some(sum);
    }

    /// One of its batches.
    pub(crate) fn add(&mut self, gradients: &BatchGradients, images: usize) {
        if let Some(sum) = &mut self.gathering {
            sum.add(gradients, images);
        }
    }

    /// It has ended.
    pub(crate) fn end(&mut self, parameters: &Parameters) {
        self.scores = self.gathering.take().and_then(|sum| sum.finish(parameters));
    }

    /// As a checkpoint keeps the scores.
    pub(crate) fn to_json(&self) -> Result<Value, Error> {
        serde_json::to_value(&self.scores)
            .map_err(|error| Error::Serialize { cause: error.to_string() })
    }

    /// Back from there; none if these are no scores of so many rows.
    pub(crate) fn from_json(value: Value, rows: usize) -> Option<Self> {
        let scores: Option<Scores> = serde_json::from_value(value).ok()?;
        let fits = scores.as_ref().is_none_or(|scores| scores.idleness.len() == rows);
        fits.then_some(Self { scores, gathering: None })
    }
}
