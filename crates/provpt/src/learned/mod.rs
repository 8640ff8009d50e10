//! What was learned, or a bare backbone, put to use.

mod bare;
pub(crate) mod insertion;
mod merge;
mod open;
mod predict;
mod run;
mod studied;
pub(crate) mod study;

use std::path::Path;

pub use bare::BareBackbone;
pub use merge::merged;
pub use predict::Guess;
use provpt_data::{Preprocess, Split};
use provpt_vit::{Backbone, Engine, Precision};
pub use run::{FinishedRun, Part};

use crate::config::Config;
use crate::error::Error;
use crate::learn::adapter::{Adapter, AdapterConfig};
use crate::learn::evaluate::{Evaluation, evaluate};
use crate::learn::model::Model;
use crate::learn::objective::Objective;
use crate::learn::side::alexnet;
use crate::learn::source::Source;
use crate::setup::{Beside, engine, folded, guesses, open_side};

/// A backbone and what was learned on it.
pub struct Learned {
    pub(crate) engine: Engine,
    pub(crate) adapter: Adapter,
    pub(crate) preprocess: Preprocess,
    /// Whether predictions are means over an image and its mirror image.
    flips: bool,
    assumptions: Vec<String>,
}

impl Learned {
    /// An adapter on its backbone, with so many threads (0: one per core).
    ///
    /// # Errors
    /// The engine cannot be set up, or a transformer learned beside the backbone: [`Self::open`]
    /// finds it.
    pub fn new(backbone: Backbone, adapter: Adapter, threads: usize) -> Result<Self, Error> {
        let beside = alexnet(&adapter.parameters);
        if adapter.config.side.is_some() && beside.is_none() {
            return Err(Error::NoSide);
        }
        Self::on(backbone, adapter, |backbone, names| {
            let engine = Engine::new(folded(backbone, names.iter().copied()), threads)?;
            match beside {
                None => Ok(engine),
                Some(shape) => engine.with_alexnet(shape, Precision::F32),
            }
        })?
        .checked()
    }

    /// An adapter folder on its backbone, computed as a configuration says.
    pub(crate) fn configured(
        backbone: Backbone,
        folder: &Path,
        config: &Config,
    ) -> Result<Self, Error> {
        let (backbone, adapter) = Self::read(backbone, folder)?;
        let size = backbone.architecture.image_size;
        let beside = match (&adapter.config.side, alexnet(&adapter.parameters)) {
            (None, _) => None,
            (Some(_), Some(shape)) => Some(Beside::AlexNet(shape)),
            (Some(_), None) => Some(open_side(config, size)?.into()),
        };
        Self::on(backbone, adapter, |backbone, names| {
            engine(config, backbone, beside, names.iter().copied())
        })?
        .checked()
    }

    /// Checks what only the network beside the backbone can judge.
    fn checked(self) -> Result<Self, Error> {
        self.model().with_tuned(|tuned| self.engine.check(tuned))?;
        Ok(self)
    }

    /// An adapter, and its backbone as the adapter's prompts want it.
    fn read(backbone: Backbone, folder: &Path) -> Result<(Backbone, Adapter), Error> {
        let backbone = AdapterConfig::load(folder)?.prompts.on(backbone)?;
        let adapter = Adapter::load(folder, &backbone)?;
        Ok((backbone, adapter))
    }

    fn on(
        backbone: Backbone,
        adapter: Adapter,
        engine: impl FnOnce(Backbone, &[&str]) -> Result<Engine, provpt_vit::Error>,
    ) -> Result<Self, Error> {
        let preprocess = adapter.config.preprocessing.resolve();
        let assumptions = guesses(&backbone);
        let backbone = adapter.config.prompts.on(backbone)?;
        let names: Vec<&str> = adapter.parameters.thawed().map(|param| &*param.name).collect();
        let engine = engine(backbone, &names)?;
        Ok(Self { engine, adapter, preprocess, flips: false, assumptions })
    }

    /// An adapter folder on its backbone, with so many threads (0: one per core).
    ///
    /// # Errors
    /// The folder cannot be read, or was learned on another backbone.
    pub fn load(backbone: Backbone, folder: &Path, threads: usize) -> Result<Self, Error> {
        let (backbone, adapter) = Self::read(backbone, folder)?;
        Self::new(backbone, adapter, threads)
    }

    pub(crate) fn from_parts(engine: Engine, adapter: Adapter, preprocess: Preprocess) -> Self {
        Self { engine, adapter, preprocess, flips: false, assumptions: Vec::new() }
    }

    /// Makes predictions from an image and its mirror image: their logits are averaged.
    #[must_use]
    pub fn with_flips(self, flips: bool) -> Self {
        Self { flips, ..self }
    }

    /// What was learned.
    pub fn adapter(&self) -> &Adapter {
        &self.adapter
    }

    /// What neither the backbone's file nor anybody else says, and how it was settled: a line each,
    /// to be shown to people.
    pub fn assumptions(&self) -> &[String] {
        &self.assumptions
    }

    /// Class names, in the order of the head's rows.
    pub fn classes(&self) -> &[String] {
        &self.adapter.config.classes
    }

    /// Feature width d.
    pub fn width(&self) -> usize {
        self.engine.architecture().width
    }

    /// Loss, top-1 and confusion on a split.
    ///
    /// # Errors
    /// An image cannot be decoded.
    pub fn evaluate(&self, split: &Split) -> Result<Evaluation, Error> {
        evaluate(&self.model(), &Source::new(split, self.preprocess)?, |_, _| {})
    }

    pub(crate) fn model(&self) -> Model<'_> {
        Model {
            engine: &self.engine,
            parameters: &self.adapter.parameters,
            objective: Objective::PLAIN,
        }
    }
}
