//! What was learned, or a bare backbone, put to use.

mod bare;
mod merge;
mod open;
mod predict;
mod run;
pub(crate) mod study;

use std::path::Path;

pub use bare::BareBackbone;
pub use merge::merged;
pub use predict::Guess;
use provpt_data::{Preprocess, Split};
use provpt_vit::{Backbone, Engine};
pub use run::{FinishedRun, Part};

use crate::config::Config;
use crate::error::Error;
use crate::learn::adapter::{Adapter, AdapterConfig};
use crate::learn::evaluate::{Evaluation, evaluate};
use crate::learn::model::Model;
use crate::learn::objective::Objective;
use crate::learn::source::Source;
use crate::setup::{engine, guesses, open_side};

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
    /// The engine cannot be set up, or the adapter has a side network: [`Self::open`] finds it.
    pub fn new(backbone: Backbone, adapter: Adapter, threads: usize) -> Result<Self, Error> {
        if adapter.config.side.is_some() {
            return Err(Error::NoSide);
        }
        Self::on(backbone, adapter, |backbone| Engine::new(backbone, threads))
    }

    /// An adapter folder on its backbone, computed as a configuration says.
    pub(crate) fn configured(
        backbone: Backbone,
        folder: &Path,
        config: &Config,
    ) -> Result<Self, Error> {
        let (backbone, adapter) = Self::read(backbone, folder)?;
        let size = backbone.architecture.image_size;
        let has_side = adapter.config.side.is_some();
        let beside = has_side.then(|| open_side(config, size)).transpose()?;
        let learned = Self::on(backbone, adapter, |backbone| engine(config, backbone, beside))?;
        // What only the network beside it can judge.
        learned.model().with_tuned(|tuned| learned.engine.check(tuned))?;
        Ok(learned)
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
        engine: impl FnOnce(Backbone) -> Result<Engine, provpt_vit::Error>,
    ) -> Result<Self, Error> {
        let preprocess = adapter.config.preprocessing.resolve();
        let assumptions = guesses(&backbone);
        let backbone = adapter.config.prompts.on(backbone)?;
        Ok(Self { engine: engine(backbone)?, adapter, preprocess, flips: false, assumptions })
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
