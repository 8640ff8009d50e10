//! Decoding and resizing ahead of the first epoch, within a run's budget.

use provpt_data::{Crops, Keep, Pixels, Preprocess, Split};
use provpt_vit::Engine;

use crate::config::Data;
use crate::error::Error;
use crate::observer::{Event, Observer};

/// Prepares one split after the other.
pub(crate) struct Preparer<'o> {
    preprocess: Preprocess,
    /// What is left.
    keep: Keep,
    observer: &'o mut dyn Observer,
}

impl<'o> Preparer<'o> {
    pub(crate) fn new(data: &Data, preprocess: Preprocess, observer: &'o mut dyn Observer) -> Self {
        let memory = data.pixels_mb.saturating_mul(1 << 20);
        let folder = data.cache_dir.path();
        let total = Some((data.cache_dir_mb as u64).saturating_mul(1 << 20));
        Self { preprocess, keep: Keep { memory, folder, total }, observer }
    }

    /// A split that is gone through again and again, with these crops.
    pub(crate) fn again<'a>(
        &mut self,
        engine: &Engine,
        name: &'static str,
        split: &'a Split,
        crops: Crops,
    ) -> Result<Pixels<'a>, Error> {
        let keep = self.keep.clone();
        self.prepare(engine, name, split, crops, &keep)
    }

    /// A split that is gone through once, at the end: not worth a file, but what fits in memory
    /// shows early whether its images are all right.
    pub(crate) fn once<'a>(
        &mut self,
        engine: &Engine,
        name: &'static str,
        split: &'a Split,
    ) -> Result<Pixels<'a>, Error> {
        let keep = Keep { folder: None, ..self.keep.clone() };
        self.prepare(engine, name, split, Crops::Evaluation, &keep)
    }

    fn prepare<'a>(
        &mut self,
        engine: &Engine,
        name: &'static str,
        split: &'a Split,
        crops: Crops,
        keep: &Keep,
    ) -> Result<Pixels<'a>, Error> {
        let mut preparation = split.prepare(self.preprocess, crops, keep)?;
        let total = split.len();
        loop {
            let more = engine.install(|| preparation.step())?;
            let done = preparation.done();
            self.observer.event(&Event::Preparing { split: name, done, total });
            if !more {
                break;
            }
        }
        let (pixels, warning) = preparation.finish();
        if let Some(warning) = warning {
            self.observer.event(&Event::Warning(&warning.to_string()));
        }
        self.keep.memory = self.keep.memory.saturating_sub(pixels.memory());
        Ok(pixels)
    }
}
