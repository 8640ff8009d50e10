//! What images must look like, and who says so.

use std::fmt;

use crate::registry::{ModelRecord, PreprocessingRecord, pixels_by_name};
use crate::weights::describe::Pixels;

/// Who says what images must look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PixelSource {
    /// A file beside the weights: its name, and what it asks for that there is not.
    Beside {
        /// Name of the file.
        file: &'static str,
        /// A resampling that there is not; the nearest one is taken.
        unmet: Option<String>,
    },
    /// The checkpoint's own metadata.
    Metadata,
    /// The registered model's record.
    Record(&'static str),
    /// The name of the file, by a part of it that models of one kind share.
    Name(&'static str),
    /// Nobody: mean and standard deviation 0.5 and bicubic resampling are assumed.
    Assumed,
}

impl PixelSource {
    /// Whether nobody says it.
    pub fn is_assumed(&self) -> bool {
        *self == Self::Assumed
    }
}

impl fmt::Display for PixelSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Beside { file, unmet: None } => write!(f, "{file} beside the weights"),
            Self::Beside { file, unmet: Some(unmet) } => {
                write!(f, "{file} beside the weights, whose {unmet} resampling there is not")
            }
            Self::Metadata => f.write_str("the file's metadata"),
            Self::Record(name) => write!(f, "the record of {name}"),
            Self::Name(part) => write!(f, "the name, which has {part:?} in it"),
            Self::Assumed => {
                f.write_str("assumed: neither a file beside the weights nor a name says")
            }
        }
    }
}

/// A file beside the weights, else their metadata, else the record, else the name, else assumed.
pub(in crate::weights) fn pixels(
    beside: Option<Pixels>,
    own: Option<PreprocessingRecord>,
    record: Option<&ModelRecord>,
    name: &str,
) -> (PreprocessingRecord, PixelSource) {
    if let Some(Pixels { file, record, unmet, .. }) = beside {
        return (record, PixelSource::Beside { file, unmet });
    }
    if let Some(own) = own {
        return (own, PixelSource::Metadata);
    }
    if let Some(record) = record {
        return (record.preprocessing, PixelSource::Record(record.name));
    }
    match pixels_by_name(name) {
        Some((part, pixels)) => (pixels, PixelSource::Name(part)),
        None => (PreprocessingRecord::INCEPTION, PixelSource::Assumed),
    }
}
