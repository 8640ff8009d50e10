//! Images that stay in their shards until they are asked for.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use super::split::Shards;
use super::{Example, Feature, TfdsError, TfdsSplit};
use crate::source::{Item, Source, Store};
use crate::{Error, Image};

/// One image feature of a split.
#[derive(Debug)]
pub(super) struct Images {
    shards: Arc<Shards>,
    features: Vec<Feature>,
    name: String,
    /// Levels are 0 and 1, for black and white.
    binary: bool,
}

impl Images {
    pub(super) fn of(split: &TfdsSplit<'_>, name: &str, binary: bool) -> Arc<dyn Store> {
        let (shards, features) = (split.shards(), split.features().to_owned());
        Arc::new(Self { shards, features, name: name.to_owned(), binary })
    }
}

/// An item for each example of a range of a split, read in parallel: the image feature `images` says
/// which, and `label` its class. What cannot be read goes to `problems`, in the order of the range.
pub(super) fn items(
    split: &TfdsSplit<'_>,
    range: Range<usize>,
    images: &Arc<dyn Store>,
    label: impl Fn(&Example<'_>) -> Result<usize, TfdsError> + Sync,
    problems: &mut Vec<Error>,
) -> Vec<Item> {
    let item = |index| -> Result<Item, TfdsError> {
        let example = split.example(index)?;
        let label = label(&example)?;
        Ok(Item { source: Source::Stored(Arc::clone(images), index), label, name: example.id() })
    };
    let read: Vec<_> = range.into_par_iter().map(item).collect();
    let mut items = Vec::with_capacity(read.len());
    for item in read {
        match item {
            Ok(item) => items.push(item),
            Err(problem) => problems.push(problem.into()),
        }
    }
    items
}

impl Store for Images {
    fn image(&self, index: usize) -> Result<Image, Error> {
        let image = self.shards.example(index, &self.features)?.image(&self.name)?;
        if self.binary { whitened(image) } else { Ok(image) }
    }

    /// Binary images are encoded anew: nobody else would know that their 1 is white.
    fn encoded(&self, index: usize) -> Result<Vec<u8>, Error> {
        if self.binary {
            return Ok(self.image(index)?.to_png()?);
        }
        Ok(self.shards.example(index, &self.features)?.blob(&self.name)?.to_owned())
    }

    fn content(&self, index: usize) -> Result<Vec<u8>, Error> {
        // Not worth a PNG.
        if self.binary { Ok(self.image(index)?.pixels().to_vec()) } else { self.encoded(index) }
    }

    fn reading(&self) -> String {
        format!("{} binary={}", self.name, self.binary)
    }

    fn origin(&self, index: usize) -> (&Path, u64) {
        self.shards.place(index)
    }
}

/// As task_adaptation does for dSprites, whose images are 0 and 1; others are left alone.
fn whitened(image: Image) -> Result<Image, Error> {
    if image.pixels().iter().any(|&level| level > 1) {
        return Ok(image);
    }
    let white = image.pixels().iter().map(|&level| level * 255).collect();
    Ok(Image::from_rgb(image.width(), image.height(), white)?)
}
