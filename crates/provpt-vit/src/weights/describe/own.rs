//! What this project writes into the metadata of safetensors files, and reads back: all that
//! canonical tensors do not show.

use serde::{Deserialize, Serialize};

use super::{Description, pixels};
use crate::registry::PreprocessingRecord;
use crate::weights::Backbone;
use crate::weights::read::StateDict;
use crate::{Architecture, Mlp, Pooling};

/// Where it stands in the metadata.
pub(in crate::weights) const KEY: &str = "provpt";
/// The plain ViT, of which only differences are written.
const PLAIN: Architecture = Architecture::plain(0, 0, 0, 0, 0);

/// A backbone's record of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::weights) struct Own {
    /// Registered name, or the name that the source had.
    pub(in crate::weights) name: String,
    /// File that it was converted from.
    source: String,
    /// SHA-256 of that file.
    source_sha256: String,
    /// Side of the images, in pixels.
    image_size: usize,
    /// Attention heads, unless they were guessed: a guess is no record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    heads: Option<usize>,
    /// How features are read.
    pooling: Pooling,
    /// Epsilon of the norms, if it is not the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    norm_eps: Option<f32>,
    /// The kind of MLP, if it is not the plain one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mlp: Option<Mlp>,
    /// Whether queries, keys and values have a bias, if they have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    qkv_bias: Option<bool>,
    /// What images must look like, unless that was assumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::weights) preprocessing: Option<PreprocessingRecord>,
}

impl Own {
    /// The record of a backbone that was read from a file named `source`.
    pub(in crate::weights) fn of(backbone: &Backbone, source: &str) -> Self {
        let a = &backbone.architecture;
        let assumed = backbone.report.pixels.is_assumed();
        Self {
            name: backbone.name.clone(),
            source: source.to_owned(),
            source_sha256: backbone.sha256.clone(),
            image_size: a.image_size,
            heads: Some(a.heads).filter(|_| backbone.report.heads_guess.is_none()),
            pooling: a.pooling,
            norm_eps: Some(a.norm_eps).filter(|eps| *eps != PLAIN.norm_eps),
            mlp: Some(a.mlp).filter(|mlp| *mlp != PLAIN.mlp),
            qkv_bias: Some(a.qkv_bias).filter(|bias| *bias != PLAIN.qkv_bias),
            preprocessing: Some(backbone.preprocessing).filter(|_| !assumed),
        }
    }

    /// What it says of the network. The usual is not written, and is meant.
    pub(in crate::weights) fn description(&self) -> Description {
        Description {
            place: "the file's metadata".to_owned(),
            ours: true,
            image_size: Some(self.image_size),
            heads: self.heads,
            pooling: Some(self.pooling),
            norm_eps: Some(self.norm_eps.unwrap_or(PLAIN.norm_eps)),
            mlp: Some(self.mlp.unwrap_or(PLAIN.mlp)),
            qkv_bias: self.qkv_bias,
            ..Description::default()
        }
    }
}

/// A file's record of itself, if it has one; the error says what is wrong with it.
pub(in crate::weights) fn read(state: &StateDict) -> Result<Option<Own>, String> {
    let Some(json) = state.metadata.get(KEY) else { return Ok(None) };
    let own: Own = serde_json::from_str(json).map_err(|e| format!("metadata {KEY}: {e}"))?;
    match own.preprocessing.as_ref().is_none_or(pixels::sound) {
        true => Ok(Some(own)),
        false => Err(format!("metadata {KEY}: expected finite means and positive deviations")),
    }
}
