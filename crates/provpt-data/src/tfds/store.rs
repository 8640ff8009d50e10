//! Images that stay in their shards until they are asked for.

use std::path::Path;
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
}

impl Images {
    pub(super) fn of(split: &TfdsSplit<'_>, name: &str) -> Arc<dyn Store> {
        let (shards, features) = (split.shards(), split.features().to_owned());
        Arc::new(Self { shards, features, name: name.to_owned() })
    }
}

impl Store for Images {
    fn image(&self, index: usize) -> Result<Image, Error> {
        self.shards.example(index, &self.features)?.image(&self.name)
    }

    fn encoded(&self, index: usize) -> Result<Vec<u8>, Error> {
        Ok(self.shards.example(index, &self.features)?.blob(&self.name)?.to_owned())
    }

    fn origin(&self, index: usize) -> (&Path, u64) {
        self.shards.place(index)
    }
}
