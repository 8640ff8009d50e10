//! Images that stay in their shards until they are asked for.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::split::Shards;
use super::{Feature, TfdsSplit};
use crate::source::Store;
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

impl Store for Images {
    fn image(&self, index: usize) -> Result<Image, Error> {
        let image = self.shards.example(index, &self.features)?.image(&self.name)?;
        if self.binary { whitened(image) } else { Ok(image) }
    }

    /// Binary images are encoded anew: nobody else would know that their 1 is white.
    fn encoded(&self, index: usize) -> Result<Vec<u8>, Error> {
        if self.binary {
            let (shard, offset) = self.shards.place(index);
            return png(
                &self.image(index)?,
                &PathBuf::from(format!("{}@{offset}", shard.display())),
            );
        }
        Ok(self.shards.example(index, &self.features)?.blob(&self.name)?.to_owned())
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
    Image::from_rgb(image.width(), image.height(), white)
}

fn png(image: &Image, path: &Path) -> Result<Vec<u8>, Error> {
    let (width, height) = (image.width() as u32, image.height() as u32);
    let mut png = Cursor::new(Vec::new());
    image::RgbImage::from_raw(width, height, image.pixels().to_owned())
        .unwrap_or_default()
        .write_to(&mut png, image::ImageFormat::Png)
        .map_err(|e| Error::Undecodable { path: path.to_owned(), cause: e.to_string() })?;
    Ok(png.into_inner())
}
