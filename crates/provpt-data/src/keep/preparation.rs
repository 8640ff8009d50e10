//! Making what [`Pixels`] keeps, some images at a time.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use provpt_image::{Crops, Prepared, Resizer};
use rayon::prelude::*;

use crate::keep::cache::{self, Cache, Key, Writer};
use crate::keep::fingerprint;
use crate::keep::pixels::{Pixels, PreparedImages};
use crate::keep::tidy;
use crate::{Error, Preprocess, Split};

/// Images for each thread in a step: what is decoded and not yet put away is bounded by them.
const STEP: usize = 16;

/// Where prepared images may be kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keep {
    /// In memory, if all images of the split fit in so many bytes.
    pub memory: usize,
    /// Else in a file in this folder, which is made if need be. The file serves all processes, for
    /// as long as no image file changes, and can be deleted at any time, also while in use. Without
    /// a folder only as many images are kept as fit in memory.
    pub folder: Option<PathBuf>,
    /// The most bytes that all such files in the folder may have: when one is added, those unused
    /// for longest are deleted. None for any number.
    pub total: Option<u64>,
}

/// [`Pixels`] in the making. Each [`step`](Self::step) reads, decodes and resizes a few images in
/// parallel on the current rayon pool.
pub struct Preparation<'a> {
    pixels: Pixels<'a>,
    used: usize,
    memory: usize,
    total: Option<u64>,
    place: Option<(PathBuf, Key)>,
    writer: Option<Writer>,
    done: usize,
    warning: Option<Error>,
}

impl Split {
    /// Begins to prepare all images, for these crops. If a file of them is there, nothing is left to
    /// do.
    ///
    /// # Errors
    /// [`Error::Size`](provpt_image::Error::Size) or [`Error::ShortSide`](provpt_image::Error::ShortSide) for an impossible `pre`; an image file is not there.
    pub fn prepare(
        &self,
        pre: Preprocess,
        crops: Crops,
        keep: &Keep,
    ) -> Result<Preparation<'_>, Error> {
        let mut pixels = Pixels::new(self, pre)?;
        pixels.crops = crops;
        let mut done = 0;
        let mut place = None;
        if let Some(folder) = &keep.folder
            && let Some(key) = fingerprint::key(self, &pre, crops)?
        {
            let path = cache::path(folder, &key);
            match Cache::open(&path, &key, self.len()) {
                Some(cache) => {
                    done = self.len();
                    pixels.prepared =
                        PreparedImages::File { cache, path, damaged: AtomicBool::new(false) };
                }
                None => place = Some((folder.clone(), key)),
            }
        }
        let Keep { memory, total, .. } = *keep;
        Ok(Preparation { pixels, used: 0, memory, total, place, writer: None, done, warning: None })
    }
}

impl<'a> Preparation<'a> {
    /// Images dealt with.
    pub fn done(&self) -> usize {
        self.done
    }

    /// Prepares a few more images, if any are left: else false.
    ///
    /// # Errors
    /// Of images that cannot be read or decoded the first.
    pub fn step(&mut self) -> Result<bool, Error> {
        let end = (self.done + STEP * rayon::current_num_threads()).min(self.pixels.split.len());
        let prepare =
            |resizer: &mut Resizer, index| self.pixels.prepare(index, self.pixels.crops, resizer);
        let step = self.done..end;
        let images: Vec<_> = step.into_par_iter().map_init(Resizer::new, prepare).collect();
        for image in images {
            if !self.put(image?) {
                self.done = self.pixels.split.len();
                return Ok(false);
            }
            self.done += 1;
        }
        Ok(self.done < self.pixels.split.len())
    }

    /// What was made; and what went wrong with keeping it, which is no reason to stop.
    pub fn finish(mut self) -> (Pixels<'a>, Option<Error>) {
        let complete = self.done == self.pixels.split.len();
        if let Some(writer) = self.writer.take().filter(|_| complete) {
            let path = writer.path().to_owned();
            match writer.finish() {
                Ok(cache) => {
                    if let (Some(total), Some(folder)) = (self.total, path.parent()) {
                        tidy::limit(folder, total, &path);
                    }
                    let damaged = AtomicBool::new(false);
                    self.pixels.prepared = PreparedImages::File { cache, path, damaged };
                }
                Err(cause) => self.warning = Some(unkept(path, &cause)),
            }
        }
        (self.pixels, self.warning)
    }

    /// Puts the next image away; false where there is no room left anywhere.
    fn put(&mut self, image: Prepared) -> bool {
        let PreparedImages::Memory(images) = &mut self.pixels.prepared else { return false };
        if let Some(writer) = &mut self.writer {
            let Err(cause) = writer.push(&image) else { return true };
            self.warning = Some(unkept(writer.path().to_owned(), &cause));
            self.writer = None;
            return false;
        }
        let used = self.used + image.bytes();
        if used <= self.memory {
            self.used = used;
            images.push(image);
            return true;
        }
        let Some((folder, key)) = self.place.take() else { return false };
        match spill(&folder, key, images, &image, self.pixels.split.len()) {
            Ok(writer) => self.writer = Some(writer),
            Err(cause) => self.warning = Some(unkept(folder, &cause)),
        }
        self.writer.is_some()
    }
}

/// A file with the images that were in memory, and one more.
fn spill(
    folder: &Path,
    key: Key,
    images: &[Prepared],
    next: &Prepared,
    count: usize,
) -> io::Result<Writer> {
    let mut writer = Writer::create(folder, key, count)?;
    images.iter().chain([next]).try_for_each(|image| writer.push(image))?;
    Ok(writer)
}

fn unkept(path: PathBuf, cause: &io::Error) -> Error {
    Error::Unkept { path, cause: cause.to_string() }
}
