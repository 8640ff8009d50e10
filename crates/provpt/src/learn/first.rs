//! What the training images themselves say of the values before the first step.

mod attention;
mod tokens;
mod vipamin;

pub(crate) use attention::FrozenAttention;
pub(crate) use tokens::{DrawnTokens, draw_tokens};

use provpt_vit::Engine;

use crate::config::{Config, HeadInit};
use crate::error::Error;
use crate::learn::head::Head;
use crate::learn::source::{EVAL_BATCH, Source};
use crate::learn::tune::Learner;

/// What the values before the first step are made with.
#[derive(Clone, Copy)]
pub(crate) struct Beginning<'a> {
    pub(crate) config: &'a Config,
    pub(crate) engine: &'a Engine,
    /// Those of all blocks, if starts ask them.
    pub(crate) attentions: &'a [FrozenAttention],
}

impl Learner {
    /// Replaces what is drawn by what is configured to come of the training images.
    ///
    /// # Errors
    /// An image cannot be read, or there is no room for the work.
    pub(crate) fn start_from_data(
        &mut self,
        beginning: &Beginning<'_>,
        train: &Source<'_>,
    ) -> Result<(), Error> {
        let &Beginning { config, engine, .. } = beginning;
        if config.model.prompt.init.is_of_images() {
            self.start_prompts(beginning, train)?;
        }
        if config.model.head_init == HeadInit::Means {
            self.start_head(engine, train)?;
        }
        match &mut self.ghosts {
            Some(ghosts) => ghosts.start(config.seed, engine, train),
            None => Ok(()),
        }
    }

    /// The head starts from the features that the prompts leave before the first step.
    pub(crate) fn start_head(&mut self, engine: &Engine, train: &Source<'_>) -> Result<(), Error> {
        let indices: Vec<usize> = (0..train.len()).collect();
        let mut features = Vec::new();
        for batch in indices.chunks(EVAL_BATCH) {
            features.extend(self.model(engine).features(train, batch)?);
        }
        let classes = self.parameters.head().classes();
        for array in Head::of_means(&features, &train.labels(&indices), classes) {
            self.parameters.set.values_mut(&array.name).copy_from_slice(&array.values);
        }
        Ok(())
    }
}
