//! A task written down in another layout.

mod folder;
mod item;
mod staging;
#[cfg(feature = "parquet")]
mod table;
#[cfg(feature = "parquet")]
mod writer;

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use crate::{Error, Task};
pub use item::Encoding;
use staging::Staging;

/// In place of the writer that was left out.
#[cfg(not(feature = "parquet"))]
mod table {
    use super::{Encoding, Error, Path, Task};

    pub(super) fn write(
        _: &Task,
        _: Encoding,
        _: &Path,
        _: &(dyn Fn() + Sync),
    ) -> Result<(), Error> {
        Err(Error::Feature { what: "converting to Parquet".to_owned(), feature: "parquet" })
    }
}

/// What a task is converted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The VTAB-1k folder layout: lists of `path label` lines and an image file for each.
    Folder,
    /// A Parquet file per split, as the `datasets` library of Hugging Face writes and reads them.
    Parquet,
}

impl FromStr for Form {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self, Error> {
        match s {
            "folder" => Ok(Self::Folder),
            "parquet" => Ok(Self::Parquet),
            got => Err(Error::Choice {
                what: "layout to convert to",
                expected: "folder or parquet",
                got: got.to_owned(),
            }),
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Folder => "folder",
            Self::Parquet => "parquet",
        })
    }
}

/// Writes the task to a new folder `out`, which appears when all of it is there: reading it back
/// gives the same pixels, labels, class names and splits in the same order. Splits that were drawn
/// from others are written as drawn.
///
/// Images are decoded and encoded in parallel, a few at a time, on the current rayon pool; `tick`
/// is called for each that is done. Lists have the names of the VTAB-1k layout whatever the number
/// of images, so that every program that reads that layout finds them.
///
/// # Errors
/// [`Error::OutputExists`]; [`Error::Feature`] for Parquet without its feature; those of reading the images; [`Error::ClassName`] for names that do
/// not fit into `labels.txt`; [`Error::Io`] and [`Error::WriteParquet`] when writing fails. Nothing is
/// left at `out` then.
pub fn convert(
    task: &Task,
    form: Form,
    encoding: Encoding,
    out: &Path,
    tick: &(dyn Fn() + Sync),
) -> Result<(), Error> {
    let staging = Staging::begin(out)?;
    match form {
        Form::Folder => folder::write(task, encoding, staging.path(), tick)?,
        Form::Parquet => table::write(task, encoding, staging.path(), tick)?,
    }
    staging.finish()
}
