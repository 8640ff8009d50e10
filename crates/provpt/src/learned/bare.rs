//! A backbone alone, for features.

use std::path::PathBuf;

use provpt_data::{Decoding, Image, Preprocess, Split};
use provpt_vit::{Backbone, Engine, Prompts, Tuned};

use crate::config::Config;
use crate::error::Error;
use crate::learn::source::EVAL_BATCH;
use crate::setup::{engine, guesses, open_backbone, settle};

/// A backbone without anything learned.
pub struct BareBackbone {
    engine: Engine,
    preprocess: Preprocess,
    decoding: Decoding,
    facts: Vec<String>,
    assumptions: Vec<String>,
}

impl BareBackbone {
    /// Opens the backbone that a configuration names.
    ///
    /// # Errors
    /// The backbone cannot be read.
    pub fn open(config: &Config) -> Result<Self, Error> {
        Self::new(open_backbone(config)?, config)
    }

    /// A backbone at hand; the configuration says how images are prepared for it.
    ///
    /// # Errors
    /// The configuration does not suit the backbone.
    pub fn new(backbone: Backbone, config: &Config) -> Result<Self, Error> {
        let settled = settle(config, &backbone)?;
        let (preprocess, decoding) = (settled.record.resolve(), settled.record.decoding());
        let mut assumptions = guesses(&backbone);
        assumptions.extend(settled.assumed);
        let engine = engine(config, backbone, None, std::iter::empty())?;
        Ok(Self { engine, preprocess, decoding, facts: settled.facts, assumptions })
    }

    /// Feature width d.
    pub fn width(&self) -> usize {
        self.engine.architecture().width
    }

    /// How images are prepared, and who said so: lines for people.
    pub fn facts(&self) -> &[String] {
        &self.facts
    }

    /// What neither the backbone's file nor anybody else says, and how it was settled: a line each,
    /// to be shown to people.
    pub fn assumptions(&self) -> &[String] {
        &self.assumptions
    }

    /// Features `[n, d]` of image files. `watch` hears how many images are done.
    ///
    /// # Errors
    /// An image cannot be decoded.
    pub fn features(&self, paths: &[PathBuf], watch: impl FnMut(usize)) -> Result<Vec<f32>, Error> {
        let split = Split::of_files(paths.iter().cloned()).decoded_with(self.decoding);
        self.features_of(&split, watch)
    }

    /// Features `[n, d]` of images in memory.
    ///
    /// # Errors
    /// An image has no pixels.
    pub fn features_of_images(
        &self,
        images: impl IntoIterator<Item = Image>,
    ) -> Result<Vec<f32>, Error> {
        let split = Split::of_images(images.into_iter().map(|image| (image, 0)));
        self.features_of(&split, |_| {})
    }

    fn features_of(&self, split: &Split, watch: impl FnMut(usize)) -> Result<Vec<f32>, Error> {
        let (engine, preprocess) = (&self.engine, &self.preprocess);
        features(engine, &(&Prompts::NONE).into(), split, preprocess, Seen::AsIs, watch)
    }
}

/// Refuses rows that are no numbers; each is of the image of this name.
pub(super) fn finite<'r>(
    what: &'static str,
    rows: impl Iterator<Item = &'r [f32]>,
    names: &[String],
) -> Result<(), Error> {
    let mut wrong = rows.zip(names).filter(|(row, _)| !row.iter().all(|value| value.is_finite()));
    wrong.next().map_or(Ok(()), |(_, name)| Err(Error::NotFinite { what, of: name.clone() }))
}

/// Which way round images are seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    AsIs,
    /// From left to right.
    Mirrored,
}

/// Features `[n, d]` of a split. `watch` hears how many images are done.
pub(super) fn features(
    engine: &Engine,
    tuned: &Tuned<'_>,
    split: &Split,
    preprocess: &Preprocess,
    seen: Seen,
    mut watch: impl FnMut(usize),
) -> Result<Vec<f32>, Error> {
    let width = engine.architecture().width;
    let mut features = Vec::with_capacity(split.len() * width);
    let indices: Vec<usize> = (0..split.len()).collect();
    for batch in indices.chunks(EVAL_BATCH) {
        let mut pixels = Vec::new();
        engine.install(|| split.batch(batch, preprocess, None, &mut pixels))?;
        if seen == Seen::Mirrored {
            pixels.chunks_exact_mut(preprocess.size).for_each(<[f32]>::reverse);
        }
        let rows = engine.features(&pixels, tuned)?;
        finite("features", rows.chunks_exact(width), &split.names()[features.len() / width..])?;
        features.extend(rows);
        watch(features.len() / width);
    }
    Ok(features)
}
