//! A run on a task and a backbone at hand, with or without a folder.

use provpt_data::Task;
use provpt_runs::{Metrics, RunResult};
use provpt_vit::Backbone;

use crate::config::Config;
use crate::error::Error;
use crate::learned::Learned;
use crate::observer::{Observer, Silent};
use crate::run::recorder::{NoRecorder, Recorder};
use crate::run::trainer::Trainer;
use crate::setup::Setup;

/// A run that is about to begin.
///
/// ```no_run
/// # use provpt::prelude::*;
/// # fn main() -> Result<(), Error> {
/// # let (backbone, task): (Backbone, Task) = todo!();
/// let mut config = Method::named("vpt-deep")?.config()?;
/// config.solver.total_epoch = 20;
/// let trained = Training::new(backbone, task, config).run()?;
/// # Ok(())
/// # }
/// ```
pub struct Training<'a> {
    backbone: Backbone,
    task: Task,
    config: Config,
    recorder: Option<&'a mut dyn Recorder>,
    observer: Option<&'a mut dyn Observer>,
}

/// What a run came to.
pub struct Trained {
    /// Backbone and learned parameters, ready to be used.
    pub learned: Learned,
    /// The final numbers.
    pub result: RunResult,
    /// One record per epoch.
    pub metrics: Metrics,
}

impl<'a> Training<'a> {
    /// A run that leaves nothing on disk. Of the configuration, what names the task and the
    /// backbone and where the run is to be stored has no meaning here.
    pub fn new(backbone: Backbone, task: Task, config: Config) -> Self {
        Self { backbone, task, config, recorder: None, observer: None }
    }

    /// Keeps what the run produces, and goes on from what was kept of it.
    #[must_use]
    pub fn recorder(self, recorder: &'a mut dyn Recorder) -> Self {
        Self { recorder: Some(recorder), ..self }
    }

    /// Tells what happens while it happens.
    #[must_use]
    pub fn observer(self, observer: &'a mut dyn Observer) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// Trains.
    ///
    /// # Errors
    /// The configuration does not suit task or backbone, an image cannot be decoded, the loss is no
    /// longer a number, or the recorder fails.
    pub fn run(self) -> Result<Trained, Error> {
        self.config.check()?;
        let (mut none, mut silent) = (NoRecorder, Silent);
        let recorder = self.recorder.unwrap_or(&mut none);
        let observer = self.observer.unwrap_or(&mut silent);
        let saved = recorder.saved()?;
        let begun = saved.as_ref().map(|saved| saved.begun(false));
        let config = self.config.settled()?;
        let setup = Setup::new(&config, self.task, self.backbone, begun)?;
        let mut trainer = Trainer::new(&setup, saved, recorder, observer)?;
        let result = trainer.run(setup.config.solver.total_epoch)?;
        let (parameters, metrics) = (trainer.learner.shown().into_owned(), trainer.metrics);
        let adapter = setup.adapter(&parameters);
        let result = result.ok_or(Error::NotFinished)?;
        let learned = Learned::from_parts(setup.engine, adapter, setup.preprocess);
        Ok(Trained { learned, result, metrics })
    }
}
