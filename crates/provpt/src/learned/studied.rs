//! A run as studies take it: what it learned, and training images to measure on.

use std::path::Path;

use provpt_data::Crops;
use provpt_vit::Engine;

use crate::config::Config;
use crate::error::Error;
use crate::learn::parameters::Parameters;
use crate::learn::source::Source;
use crate::learned::{FinishedRun, Learned};
use crate::method::Method;
use crate::observer::{Event, Observer};
use crate::relocate::verify::subset;
use crate::run::places::PLACES;
use crate::setup::classes::matched;
use crate::setup::prepare::Preparer;

/// What is asked of a run.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    /// The study's name.
    pub(super) what: &'static str,
    /// Training images to measure on; 0 = all.
    pub(super) samples: usize,
}

/// A run, opened.
pub(super) struct Opened<'a> {
    pub(super) config: &'a Config,
    pub(super) engine: &'a Engine,
    pub(super) parameters: &'a Parameters,
    /// The training images.
    pub(super) source: &'a Source<'a>,
    /// Those to measure on.
    pub(super) indices: &'a [usize],
}

/// Studies a run whose prompts are rows, each in a block. `places` are settings that say where things
/// are now.
pub(super) fn on_run<T>(
    run: &Path,
    places: &[String],
    asked: Asked,
    observer: &mut dyn Observer,
    study: impl FnOnce(&Opened<'_>, &mut dyn Observer) -> Result<T, Error>,
) -> Result<T, Error> {
    let what = asked.what;
    let run = FinishedRun::with(run, places, PLACES)?;
    let (config, learned) = (&run.config, &run.learned);
    learned.assumptions().iter().for_each(|line| observer.event(&Event::Warning(line)));
    let Learned { engine, adapter, preprocess, .. } = learned;
    if adapter.parameters.prompt_count() == 0 {
        let method = Method::of(config).name.into_owned();
        return Err(Error::NoPrompts { what, method });
    }
    if !adapter.config.prompts.has_addresses() {
        return Err(Error::PromptsWithoutAddress { what });
    }
    let task = run.task()?;
    task.remarks.iter().for_each(|line| observer.event(&Event::Warning(line)));
    let train = matched(learned.classes(), &task, &task.train)?;
    let budget = config.data.cache_mb.saturating_mul(1 << 20);
    let mut preparer = Preparer::new(&config.data, *preprocess, observer);
    let source =
        Source::cached(preparer.again(engine, "train", &train, Crops::Evaluation)?, budget);
    let samples = if asked.samples == 0 { source.len() } else { asked.samples };
    let indices = subset(config.seed, source.len(), samples);
    let parameters = &adapter.parameters;
    study(&Opened { config, engine, parameters, source: &source, indices: &indices }, observer)
}
