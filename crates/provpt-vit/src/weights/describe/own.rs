//! What this project writes into the metadata of safetensors files, and reads back: all that
//! canonical tensors do not show.

use serde::{Deserialize, Serialize};

use crate::weights::read::StateDict;
use crate::Pooling;
use crate::registry::PreprocessingRecord;

/// Where it stands in the metadata.
pub(in crate::weights) const KEY: &str = "provpt";

/// A backbone's record of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::weights) struct Own {
    /// Registered name, or the name that the source had.
    pub(in crate::weights) name: String,
    /// File that it was converted from.
    pub(in crate::weights) source: String,
    /// SHA-256 of that file.
    pub(in crate::weights) source_sha256: String,
    /// Side of the images, in pixels.
    pub(in crate::weights) image_size: usize,
    /// Attention heads, unless they were guessed: a guess is no record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::weights) heads: Option<usize>,
    /// How features are read.
    pub(in crate::weights) pooling: Pooling,
    /// What images must look like, unless that was assumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::weights) preprocessing: Option<PreprocessingRecord>,
}

/// A file's record of itself, if it has one; the error says what is wrong with it.
pub(in crate::weights) fn read(state: &StateDict) -> Result<Option<Own>, String> {
    let Some(json) = state.metadata.get(KEY) else { return Ok(None) };
    let own: Own = serde_json::from_str(json).map_err(|e| format!("metadata {KEY}: {e}"))?;
    let sound = own.preprocessing.is_none_or(|record| {
        record.std.iter().all(|s| *s > 0.0) && record.mean.iter().all(|m| m.is_finite())
    });
    match sound {
        true => Ok(Some(own)),
        false => Err(format!("metadata {KEY}: expected finite means and positive deviations")),
    }
}
