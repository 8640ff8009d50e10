//! The splits of a run's task on their way into the backbone.

use provpt_data::Crops;

use crate::error::Error;
use crate::learn::showing::ways;
use crate::learn::source::Source;
use crate::observer::Observer;
use crate::setup::Setup;
use crate::setup::prepare::Preparer;

/// What a run learns from, chooses by, and is tested on.
pub(crate) struct Splits<'a> {
    pub(crate) train: Source<'a>,
    pub(crate) val: Option<Source<'a>>,
    pub(crate) test: Option<Source<'a>>,
}

impl<'a> Splits<'a> {
    /// What is gone through again and again is decoded and resized now, and so is the test split
    /// if the end of the run is to come.
    pub(crate) fn prepare(
        setup: &'a Setup,
        observer: &mut dyn Observer,
        to_the_end: bool,
    ) -> Result<Self, Error> {
        let Setup { config, task, engine, preprocess, .. } = setup;
        let budget = config.data.cache_mb.saturating_mul(1 << 20);
        let mut preparer = Preparer::new(&config.data, *preprocess, observer);
        let crops = ways(config).crops(preprocess.fit);
        let train = preparer.again(engine, "train", &task.train, crops)?;
        let val =
            task.val.as_ref().map(|val| preparer.again(engine, "val", val, Crops::Evaluation));
        let val = val.transpose()?.map(|pixels| Source::cached(pixels, budget));
        let test = match &task.test {
            Some(test) if to_the_end => {
                Some(Source::cached(preparer.once(engine, "test", test)?, 0))
            }
            Some(test) => Some(Source::new(test, *preprocess)?),
            None => None,
        };
        Ok(Self { train: Source::cached(train, budget), val, test })
    }
}
