//! What a checkpoint says of itself besides its tensors: in its own metadata, and in the files that
//! libraries put beside it.

mod hugging_face;
pub(in crate::weights) mod own;
mod pixels;
mod staged;
mod timm;

use std::path::Path;

use fs_err::File;
use serde_json::Value;

use crate::error::Error;
use crate::registry::unusable::Unusable;
use crate::registry::{ModelRecord, PreprocessingRecord};
use crate::{Mlp, Pooling, Stages};

/// Far above any description.
const MAX_BYTES: u64 = 1 << 20;
/// Hugging Face's and timm's description of a model.
pub(super) const CONFIG: &str = "config.json";
/// Hugging Face's description of pixels.
pub(super) const PREPROCESSOR: &str = "preprocessor_config.json";

/// All files that describe a checkpoint beside them.
#[cfg_attr(not(feature = "hf-hub"), allow(dead_code))]
pub(in crate::weights) const FILES: [&str; 2] = [CONFIG, PREPROCESSOR];

/// What one file says of a model; none where it says nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::weights) struct Description {
    /// Where it stands, for people.
    pub(in crate::weights) place: String,
    /// Whether this project wrote it.
    pub(in crate::weights) ours: bool,
    /// A registered model that it names.
    pub(in crate::weights) record: Option<&'static ModelRecord>,
    /// What it says of the network that cannot be computed.
    pub(in crate::weights) refused: Option<Refused>,
    pub(in crate::weights) image_size: Option<usize>,
    pub(in crate::weights) patch_size: Option<usize>,
    pub(in crate::weights) width: Option<usize>,
    pub(in crate::weights) depth: Option<usize>,
    pub(in crate::weights) heads: Option<usize>,
    pub(in crate::weights) mlp_width: Option<usize>,
    pub(in crate::weights) mlp: Option<Mlp>,
    pub(in crate::weights) qkv_bias: Option<bool>,
    /// Stages, if it has any.
    pub(in crate::weights) stages: Option<Stages>,
    pub(in crate::weights) norm_eps: Option<f32>,
    pub(in crate::weights) pooling: Option<Pooling>,
    /// Whether a mean over tokens goes with `fc_norm`.
    pub(in crate::weights) fc_norm: bool,
}

/// Something that cannot be computed, and the words that say so.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::weights) struct Refused {
    pub(in crate::weights) kind: &'static Unusable,
    pub(in crate::weights) words: String,
}

/// What images must look like, as a file says it.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::weights) struct Pixels {
    /// Name of the file.
    pub(in crate::weights) file: &'static str,
    pub(in crate::weights) record: PreprocessingRecord,
    /// Side of the images, if it says so.
    pub(in crate::weights) image_size: Option<usize>,
    /// What it asks for that there is not.
    pub(in crate::weights) unmet: Option<String>,
}

/// What lies beside a checkpoint.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::weights) struct Beside {
    pub(in crate::weights) model: Option<Description>,
    pub(in crate::weights) pixels: Option<Pixels>,
}

/// Reads what lies beside a checkpoint file. Whether it describes this file is for the caller to
/// know.
pub(in crate::weights) fn beside(checkpoint: &Path) -> Result<Beside, Error> {
    let mut found = Beside::default();
    let path = checkpoint.with_file_name(CONFIG);
    if let Some(json) = read(&path)? {
        let described = match json.get("architecture").and_then(Value::as_str) {
            Some(name) => {
                let described = timm::model(&json, name);
                found.pixels = pixels::of_timm(&json);
                described.map(Some)
            }
            None => hugging_face::model(&json),
        };
        found.model = described.map_err(|cause| malformed(&path, cause))?;
    }
    let path = checkpoint.with_file_name(PREPROCESSOR);
    if let Some(json) = read(&path)? {
        let pixels = pixels::of_hugging_face(&json).map_err(|cause| malformed(&path, cause))?;
        found.pixels = pixels.or(found.pixels);
    }
    Ok(found)
}

fn read(path: &Path) -> Result<Option<Value>, Error> {
    use std::io::Read;
    if !path.is_file() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES).read_to_end(&mut bytes)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let parsed = serde_json::from_slice(bytes);
    parsed.map(Some).map_err(|error| malformed(path, error.to_string()))
}

fn malformed(path: &Path, cause: String) -> Error {
    Error::Description { path: path.to_owned(), cause }
}

/// A value by its key; `null` is none.
fn get<'j>(json: &'j Value, key: &str) -> Option<&'j Value> {
    json.get(key).filter(|value| !value.is_null())
}

fn whole(json: &Value, key: &str) -> Result<Option<usize>, String> {
    let Some(value) = get(json, key) else { return Ok(None) };
    let number =
        value.as_u64().or_else(|| value.as_f64().filter(|v| v.fract() == 0.0).map(|v| v as u64));
    let number = number.and_then(|number| usize::try_from(number).ok());
    number.map(Some).ok_or_else(|| format!("{key}: expected a whole number, got {value}"))
}

fn truth(json: &Value, key: &str) -> Result<Option<bool>, String> {
    let Some(value) = get(json, key) else { return Ok(None) };
    value.as_bool().map(Some).ok_or_else(|| format!("{key}: expected true or false, got {value}"))
}

/// A list of whole numbers.
fn wholes(json: &Value, key: &str) -> Result<Option<Vec<usize>>, String> {
    let Some(value) = get(json, key) else { return Ok(None) };
    let numbers = value.as_array().map(|all| {
        all.iter().map(|v| usize::try_from(v.as_u64()?).ok()).collect::<Option<Vec<_>>>()
    });
    let numbers = numbers
        .flatten()
        .ok_or_else(|| format!("{key}: expected a list of whole numbers, got {value}"))?;
    Ok(Some(numbers))
}

/// The side of a square: a number, `[n, n]`, or a map of height and width or of the shortest edge.
fn side(json: &Value, key: &str) -> Result<Option<usize>, String> {
    let Some(value) = get(json, key) else { return Ok(None) };
    let wrong = || format!("{key}: expected the side of a square, got {value}");
    let numbers: Vec<&Value> = match value {
        Value::Array(all) => all.iter().collect(),
        Value::Object(all) => {
            let keys = ["height", "width", "shortest_edge"];
            keys.iter().filter_map(|key| all.get(*key)).collect()
        }
        number => vec![number],
    };
    let number = numbers.first().and_then(|n| n.as_u64()).and_then(|n| usize::try_from(n).ok());
    match number {
        Some(n) if n > 0 && numbers.iter().all(|other| *other == numbers[0]) => Ok(Some(n)),
        _ => Err(wrong()),
    }
}
