//! What a method does between two epochs of tuning, beside the gradient steps.

use provpt_runs::{IdlenessRecord, Move};
use provpt_vit::Engine;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::learn::model::BatchGradients;
use crate::learn::parameters::Parameters;
use crate::learn::source::Source;
use crate::learn::tune::Learner;
use crate::observer::Observer;

/// What a method remembers from one epoch to the next, as a checkpoint keeps it: JSON by name.
pub(crate) type Memory = Map<String, Value>;

/// A step of a method between two epochs of tuning. Relocation is one.
pub(crate) trait BetweenEpochs {
    /// Called before epoch `epoch` is tuned; may change what is learned.
    fn before_tuning(&mut self, epoch: usize, scene: &mut Scene<'_>) -> Result<Changes, Error>;

    /// Called for every batch while an epoch is tuned, before its gradients are followed.
    fn while_tuning(&mut self, gradients: &BatchGradients, images: usize);

    /// Called once an epoch is tuned.
    fn after_tuning(&mut self, parameters: &Parameters);

    /// Whether prompts may leave.
    fn removes_prompts(&self) -> bool {
        false
    }

    /// What it remembers.
    fn memory(&self) -> Result<Memory, Error>;

    /// Takes back what a checkpoint kept.
    ///
    /// # Errors
    /// What is not of this configuration, by name.
    fn restore(&mut self, memory: Memory, parameters: &Parameters) -> Result<(), NotOurs>;
}

/// A part of a checkpoint that is of another configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotOurs(pub(crate) &'static str);

/// What a step between epochs works with.
pub(crate) struct Scene<'a> {
    pub(crate) engine: &'a Engine,
    /// The training split.
    pub(crate) train: &'a Source<'a>,
    pub(crate) learner: &'a mut Learner,
    pub(crate) observer: &'a mut dyn Observer,
}

/// What a step between epochs did, for the record of the epoch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    /// Mean loss of the scoring pass, if there was one.
    pub(crate) score_loss: Option<f64>,
    pub(crate) idleness: Option<IdlenessRecord>,
    pub(crate) reward: Option<f64>,
    /// The moves that were made, the best first.
    pub(crate) moved: Vec<Move>,
    /// Prompts removed.
    pub(crate) pruned: usize,
    /// Why nothing moved.
    pub(crate) reason: Option<String>,
    /// Seconds spent on scoring.
    pub(crate) score_seconds: f64,
    /// Seconds spent on verifying and moving.
    pub(crate) verify_seconds: f64,
}
