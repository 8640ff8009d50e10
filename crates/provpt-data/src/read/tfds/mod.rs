//! Folders as [tensorflow-datasets](https://www.tensorflow.org/datasets) leaves them:
//! `dataset_info.json`, `features.json` and shards of TFRecord files, read without TensorFlow.

mod below;
mod columns;
mod example;
mod features;
mod info;
mod labels;
mod official;
#[cfg(test)]
mod official_tests;
mod records;
mod split;
mod store;
mod task;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod wire;

use std::ops::Range;
use std::path::{Path, PathBuf};

pub(crate) use below::below;
pub use example::Example;
pub use features::{Feature, FeatureKind};
pub(crate) use official::{find as find_official, folder as official_folder};
pub use split::TfdsSplit;
pub(crate) use task::find;

pub(crate) use info::FILE as INFO;

use crate::error::{RecordPlace, TfdsError};
use info::Info;

/// A tensorflow-datasets folder: its descriptions. Records are looked at by [`Self::split`].
#[derive(Debug, Clone)]
pub struct Tfds {
    folder: PathBuf,
    info: Info,
    features: Vec<Feature>,
}

impl Tfds {
    /// Reads the descriptions in `folder`, or in its only subfolder named like a version: both
    /// `clevr/3.1.0` and `clevr` will do.
    ///
    /// # Errors
    /// [`TfdsError::MissingInfo`], [`TfdsError::Versions`], [`TfdsError::Json`],
    /// [`TfdsError::FileFormat`].
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, TfdsError> {
        let folder = version(folder.as_ref())?;
        let (info, features) = (Info::read(&folder)?, features::read(&folder)?);
        Ok(Self { folder, info, features })
    }

    /// Its name: `clevr`.
    pub fn name(&self) -> &str {
        &self.info.name
    }

    /// Its version: `3.1.0`.
    pub fn version(&self) -> &str {
        &self.info.version
    }

    /// Which of several variants it is: `rgb` of `eurosat`.
    pub fn config(&self) -> Option<&str> {
        self.info.config_name.as_deref()
    }

    /// What examples hold, nested features flattened, in the order of `features.json`; empty for
    /// folders without one, whose examples can be read all the same.
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// The feature with this flattened name.
    pub fn feature(&self, path: &str) -> Option<&Feature> {
        self.features.iter().find(|feature| feature.path == path)
    }

    /// Names of the features to learn from and to learn, where the data set says so.
    pub fn supervised(&self) -> Option<(&str, &str)> {
        self.info.supervised()
    }

    /// Name and number of examples of each split, by `dataset_info.json`.
    pub fn splits(&self) -> impl Iterator<Item = (&str, u64)> {
        self.info.splits.iter().map(|split| (split.name.as_str(), split.examples()))
    }

    /// Finds the records of a split, shard by shard in parallel, and counts them. Their headers
    /// are checked, their data not before they are read.
    ///
    /// # Errors
    /// [`TfdsError::NoSplit`], [`TfdsError::Template`], [`TfdsError::MissingShard`],
    /// [`TfdsError::RecordCount`] when a shard holds more or fewer than `dataset_info.json` says,
    /// [`TfdsError::Truncated`], [`TfdsError::Checksum`], [`TfdsError::TooLong`].
    pub fn split(&self, name: &str) -> Result<TfdsSplit<'_>, TfdsError> {
        TfdsSplit::open(self, name, None)
    }

    /// As [`Self::split`], but only shards with examples of the range must be there; others cannot
    /// be read.
    fn part(&self, name: &str, range: Range<usize>) -> Result<TfdsSplit<'_>, TfdsError> {
        TfdsSplit::open(self, name, Some(range))
    }
}

/// What tells that a folder, or a version in it, is one of these: both descriptions, or files of
/// records.
pub(crate) fn sign(folder: &Path) -> Option<String> {
    let in_version =
        |version: String| Some(format!("{} in {version}", here(&folder.join(&version))?));
    here(folder).or_else(|| versions(folder).into_iter().find_map(in_version))
}

/// The same for the folder itself alone.
fn here(folder: &Path) -> Option<String> {
    let described = [info::FILE, features::FILE].iter().all(|file| folder.join(file).is_file());
    let records = || names(folder).into_iter().filter(|name| name.contains(".tfrecord-")).min();
    if described { Some(format!("{} and {}", info::FILE, features::FILE)) } else { records() }
}

/// The folder itself, or its only version.
fn version(folder: &Path) -> Result<PathBuf, TfdsError> {
    if folder.join(info::FILE).is_file() {
        return Ok(folder.to_owned());
    }
    match versions(folder).as_slice() {
        [] => Ok(folder.to_owned()),
        [version] => Ok(folder.join(version)),
        versions => {
            Err(TfdsError::Versions { path: folder.to_owned(), found: versions.join(", ") })
        }
    }
}

/// Names of the subfolders called `1.2.3`, sorted.
fn versions(folder: &Path) -> Vec<String> {
    let mut names = names(folder);
    names.retain(|name| {
        let numbers: Vec<&str> = name.split('.').collect();
        numbers.len() == 3 && numbers.iter().all(|number| number.parse::<u32>().is_ok())
    });
    names.sort_unstable();
    names
}

/// Names in a folder; none where it cannot be read, which opening it will tell.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs_err::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}
