//! A split ready for batches: what its images are before they are cropped and normalized, made once
//! and kept, in memory or in a file.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use provpt_image::{Crops, Prepared, Resizer};
use rayon::prelude::*;

use crate::keep::cache::Cache;
use crate::{Augment, Error, Preprocess, Split};

/// A split and what is done to its images. Batches are those of [`Split::batch`], however much is
/// kept.
#[derive(Debug)]
pub struct Pixels<'a> {
    pub(crate) split: &'a Split,
    pub(crate) pre: Preprocess,
    /// What can be cut out of what is kept.
    pub(crate) crops: Crops,
    pub(crate) prepared: PreparedImages,
}

/// Where the prepared images of a split are.
#[derive(Debug)]
pub(crate) enum PreparedImages {
    /// The first images of the split, or all.
    Memory(Vec<Prepared>),
    /// All images.
    File { cache: Cache, path: PathBuf, damaged: AtomicBool },
}

impl Split {
    /// Writes the images at `indices`, in that order, to `out` `[B, 3, size, size]`:
    /// `(level / 255 - mean) / std`. Images are read and prepared in parallel on the current rayon
    /// pool; the result depends neither on the pool nor on what else is in the batch.
    ///
    /// # Errors
    /// [`Error::Index`], and [`Error::Size`](provpt_image::Error::Size) or [`Error::ShortSide`](provpt_image::Error::ShortSide) for an impossible `pre`; of
    /// images that cannot be read or decoded the first.
    pub fn batch(
        &self,
        indices: &[usize],
        pre: &Preprocess,
        augment: Option<Augment>,
        out: &mut Vec<f32>,
    ) -> Result<(), Error> {
        Pixels::new(self, *pre)?.batch(indices, augment, out)
    }
}

impl<'a> Pixels<'a> {
    /// Keeps nothing: for a split that is gone through once.
    ///
    /// # Errors
    /// [`Error::Size`](provpt_image::Error::Size) or [`Error::ShortSide`](provpt_image::Error::ShortSide) for an impossible `pre`.
    pub fn new(split: &'a Split, pre: Preprocess) -> Result<Self, Error> {
        pre.check()?;
        Ok(Self {
            split,
            pre,
            crops: Crops::Evaluation,
            prepared: PreparedImages::Memory(Vec::new()),
        })
    }

    /// What is prepared.
    pub fn split(&self) -> &'a Split {
        self.split
    }

    /// Bytes in memory.
    pub fn memory(&self) -> usize {
        match &self.prepared {
            PreparedImages::Memory(images) => images.iter().map(Prepared::bytes).sum(),
            PreparedImages::File { .. } => 0,
        }
    }

    /// What is done to its images.
    pub fn preprocess(&self) -> &Preprocess {
        &self.pre
    }

    /// As [`Split::batch`].
    ///
    /// # Errors
    /// As [`Split::batch`].
    pub fn batch(
        &self,
        indices: &[usize],
        augment: Option<Augment>,
        out: &mut Vec<f32>,
    ) -> Result<(), Error> {
        let (split, pre) = (self.split, &self.pre);
        indices.iter().try_for_each(|&index| split.source(index).map(drop))?;
        out.resize(indices.len() * pre.floats(), 0.0);
        let crops = augment.map_or(Crops::Evaluation, |augment| augment.ways.crops(pre.fit));
        let usable = crops <= self.crops; // of centre crops no other crop can be taken
        let write = |resizer: &mut Resizer, (out, &index): (&mut [f32], &usize)| {
            let stored;
            let prepared = match &self.prepared {
                PreparedImages::Memory(images) if usable && index < images.len() => &images[index],
                _ => {
                    stored = self.stored(index).filter(|_| usable);
                    &stored.map_or_else(|| self.prepare(index, crops, resizer), Ok)?
                }
            };
            pre.finish(prepared, augment.map(|augment| (augment, index)), resizer, out);
            Ok(())
        };
        let chunks = out.par_chunks_exact_mut(pre.floats()).zip(indices);
        let done: Vec<Result<(), Error>> = chunks.map_init(Resizer::new, write).collect();
        done.into_iter().collect()
    }

    /// One image out of the file. A damaged file is deleted, so that the next run makes it anew.
    fn stored(&self, index: usize) -> Option<Prepared> {
        let PreparedImages::File { cache, path, damaged } = &self.prepared else { return None };
        let prepared = cache.get(index);
        if prepared.is_none() && !damaged.swap(true, Ordering::Relaxed) {
            let _ = fs_err::remove_file(path);
        }
        prepared
    }

    pub(crate) fn prepare(
        &self,
        index: usize,
        crops: Crops,
        resizer: &mut Resizer,
    ) -> Result<Prepared, Error> {
        let image = self.split.source(index)?.image(self.split.decoding())?;
        Ok(self.pre.prepare(image, crops, resizer))
    }
}

#[cfg(test)]
mod tests;
