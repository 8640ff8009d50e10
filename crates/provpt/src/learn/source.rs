//! One split as training sees it: batches of images, or features of the bare backbone.

mod meanwhile;

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use provpt_data::{Pixels, Preprocess, Split};
use provpt_vit::{Engine, Prompts};

use crate::error::Error;
use crate::learn::ahead::Queue;
use crate::learn::objective::Target;
use crate::learn::prefix::{Batch, Prefix};
use crate::learn::showing::Showing;

/// Images per engine call outside of training; any number gives the same result.
pub(crate) const EVAL_BATCH: usize = 64;

/// A split and how its images reach the backbone.
pub(crate) struct Source<'a> {
    pixels: Arc<Pixels<'a>>,
    /// Bare features `[n, d]`: they never change, so they are computed once.
    bare: OnceLock<Vec<f32>>,
    prefix: Prefix,
    /// Batches that are prepared while others are worked on.
    queue: Mutex<Option<Queue>>,
}

impl<'a> Source<'a> {
    /// A split that is gone through once.
    pub(crate) fn new(split: &'a Split, preprocess: Preprocess) -> Result<Self, Error> {
        Ok(Self::cached(Pixels::new(split, preprocess)?, 0))
    }

    /// A split that is gone through again and again: with up to `budget` bytes for what the bare
    /// blocks in front of the first prompt make of it.
    pub(crate) fn cached(pixels: Pixels<'a>, budget: usize) -> Self {
        Self::of(Arc::new(pixels), budget)
    }

    /// The same images for a look at a few of them by a network of another depth: what is kept stays
    /// as it is.
    pub(crate) fn aside(&self) -> Self {
        Self::of(Arc::clone(&self.pixels), 0)
    }

    fn of(pixels: Arc<Pixels<'a>>, budget: usize) -> Self {
        let (bare, prefix) = (OnceLock::new(), Prefix::new(budget));
        Self { pixels, bare, prefix, queue: Mutex::default() }
    }

    pub(crate) fn len(&self) -> usize {
        self.pixels.split().len()
    }

    pub(crate) fn labels(&self, indices: &[usize]) -> Vec<usize> {
        let labels = self.pixels.split().labels();
        indices.iter().map(|&i| labels[i]).collect()
    }

    /// What the images at `indices` should be, as a step of training sees them, or as evaluation.
    pub(crate) fn targets(&self, indices: &[usize], showing: Option<Showing>) -> Vec<Target> {
        let labels = self.labels(indices);
        match showing {
            None => labels.into_iter().map(Target::from).collect(),
            Some(showing) => showing.targets(indices, self.preprocess().size, &labels),
        }
    }

    fn preprocess(&self) -> &Preprocess {
        self.pixels.preprocess()
    }

    /// Whether images are seen otherwise than evaluation sees them.
    fn varies(&self, showing: Option<Showing>) -> bool {
        showing.is_some_and(|showing| showing.varies(self.preprocess().fit))
    }

    /// Images for a network whose blocks in front of `entry` are the backbone's own; none: not even
    /// what tokens are made of is.
    pub(crate) fn batch(
        &self,
        engine: &Engine,
        entry: Option<usize>,
        indices: &[usize],
        showing: Option<Showing>,
    ) -> Result<Batch, Error> {
        let keeps = !self.varies(showing) && self.prefix.fits(engine, self.len());
        let Some(entry) = entry.filter(|_| keeps) else {
            return Ok(Batch::Pixels(self.pixels(engine, indices, showing)?));
        };
        let pixels = |indices: &[usize]| self.pixels(engine, indices, None);
        self.prefix.batch(engine, entry, self.len(), indices, pixels)
    }

    /// Normalized pixels `[n, 3, size, size]`.
    pub(crate) fn pixels(
        &self,
        engine: &Engine,
        indices: &[usize],
        showing: Option<Showing>,
    ) -> Result<Vec<f32>, Error> {
        let fetch = |queue: &mut Queue| queue.fetch(indices, showing);
        if let Some(pixels) = self.queue().as_mut().and_then(fetch) {
            return pixels;
        }
        let mut pixels = Vec::new();
        let augment = showing.map(|showing| showing.augment);
        engine.install(|| self.pixels.batch(indices, augment, &mut pixels))?;
        self.mix(indices, showing, &mut pixels);
        Ok(pixels)
    }

    fn mix(&self, indices: &[usize], showing: Option<Showing>, pixels: &mut [f32]) {
        if let Some(showing) = showing {
            showing.mix(indices, self.preprocess().size, pixels);
        }
    }

    fn queue(&self) -> MutexGuard<'_, Option<Queue>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Features `[n, d]` of the bare backbone.
    pub(crate) fn bare_features(
        &self,
        engine: &Engine,
        indices: &[usize],
        showing: Option<Showing>,
    ) -> Result<Vec<f32>, Error> {
        if self.varies(showing) {
            let pixels = self.pixels(engine, indices, showing)?;
            return Ok(engine.features(&pixels, &Prompts::NONE)?);
        }
        let all = match self.bare.get() {
            Some(all) => all,
            None => {
                let all = self.all_bare_features(engine)?;
                self.bare.get_or_init(|| all)
            }
        };
        let d = engine.architecture().width;
        Ok(indices.iter().flat_map(|i| &all[i * d..(i + 1) * d]).copied().collect())
    }

    fn all_bare_features(&self, engine: &Engine) -> Result<Vec<f32>, Error> {
        let mut all = Vec::new();
        let indices: Vec<usize> = (0..self.len()).collect();
        for batch in indices.chunks(EVAL_BATCH) {
            let pixels = self.pixels(engine, batch, None)?;
            all.extend(engine.features(&pixels, &Prompts::NONE)?);
        }
        Ok(all)
    }
}
