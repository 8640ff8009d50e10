//! One split as training sees it: batches of images, or features of the bare backbone.

use std::sync::OnceLock;

use provpt_data::{Augment, Pixels, Preprocess, Split};
use provpt_vit::{Engine, Prompts};

use crate::error::Error;
use crate::learn::prefix::{Batch, Prefix};

/// Images per engine call outside of training; any number gives the same result.
pub(crate) const EVAL_BATCH: usize = 64;

/// A split and how its images reach the backbone.
pub(crate) struct Source<'a> {
    pixels: Pixels<'a>,
    /// Bare features `[n, d]`: they never change, so they are computed once.
    bare: OnceLock<Vec<f32>>,
    prefix: Prefix,
}

impl<'a> Source<'a> {
    /// A split that is gone through once.
    pub(crate) fn new(split: &'a Split, preprocess: Preprocess) -> Result<Self, Error> {
        Ok(Self::cached(Pixels::new(split, preprocess)?, 0))
    }

    /// A split that is gone through again and again: with up to `budget` bytes for what the bare
    /// blocks in front of the first prompt make of it.
    pub(crate) fn cached(pixels: Pixels<'a>, budget: usize) -> Self {
        Self { pixels, bare: OnceLock::new(), prefix: Prefix::new(budget) }
    }

    pub(crate) fn len(&self) -> usize {
        self.pixels.split().len()
    }

    pub(crate) fn labels(&self, indices: &[usize]) -> Vec<usize> {
        let labels = self.pixels.split().labels();
        indices.iter().map(|&i| labels[i]).collect()
    }

    /// Images for a network whose blocks in front of `entry` are the backbone's own; none: not even
    /// what tokens are made of is.
    pub(crate) fn batch(
        &self,
        engine: &Engine,
        entry: Option<usize>,
        indices: &[usize],
        augment: Option<Augment>,
    ) -> Result<Batch, Error> {
        let keeps = !self.pixels.varies(augment) && self.prefix.fits(engine, self.len());
        let Some(entry) = entry.filter(|_| keeps) else {
            return Ok(Batch::Pixels(self.pixels(engine, indices, augment)?));
        };
        let pixels = |indices: &[usize]| self.pixels(engine, indices, None);
        self.prefix.batch(engine, entry, self.len(), indices, pixels)
    }

    /// Normalized pixels `[n, 3, size, size]`.
    fn pixels(
        &self,
        engine: &Engine,
        indices: &[usize],
        augment: Option<Augment>,
    ) -> Result<Vec<f32>, Error> {
        let mut pixels = Vec::new();
        engine.install(|| self.pixels.batch(indices, augment, &mut pixels))?;
        Ok(pixels)
    }

    /// Features `[n, d]` of the bare backbone.
    pub(crate) fn bare_features(
        &self,
        engine: &Engine,
        indices: &[usize],
        augment: Option<Augment>,
    ) -> Result<Vec<f32>, Error> {
        if self.pixels.varies(augment) {
            let pixels = self.pixels(engine, indices, augment)?;
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
