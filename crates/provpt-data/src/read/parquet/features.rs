//! What Hugging Face's `datasets` library notes about columns in a file's metadata.

use std::collections::BTreeMap;
use std::path::Path;

use parquet::file::metadata::FileMetaData;
use serde::Deserialize;
use serde_json::Value;

use super::ParquetError;

/// The metadata key.
const KEY: &str = "huggingface";

/// The features by column; empty for files that were written by something else.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Features(BTreeMap<String, Value>);

#[derive(Deserialize)]
struct Description {
    #[serde(default)]
    info: Info,
}

#[derive(Default, Deserialize)]
struct Info {
    #[serde(default)]
    features: Option<Features>,
}

impl Features {
    pub(super) fn read(metadata: &FileMetaData, path: &Path) -> Result<Self, ParquetError> {
        let pairs = metadata.key_value_metadata().into_iter().flatten();
        let mut ours =
            pairs.filter(|pair| pair.key == KEY).filter_map(|pair| pair.value.as_deref());
        let Some(json) = ours.next() else { return Ok(Self::default()) };
        let description: Description = serde_json::from_str(json).map_err(|cause| {
            ParquetError::Features { path: path.to_owned(), cause: cause.to_string() }
        })?;
        Ok(description.info.features.unwrap_or_default())
    }

    /// `Image`, `ClassLabel`, `Value`, ...
    pub(super) fn kind(&self, column: &str) -> Option<&str> {
        self.0.get(column)?.get("_type")?.as_str()
    }

    /// Names of a class label's classes.
    pub(super) fn names(&self, column: &str) -> Option<Vec<String>> {
        if self.kind(column) != Some("ClassLabel") {
            return None;
        }
        let names = self.0.get(column)?.get("names")?.as_array()?;
        names.iter().map(|name| Some(name.as_str()?.to_owned())).collect()
    }
}
