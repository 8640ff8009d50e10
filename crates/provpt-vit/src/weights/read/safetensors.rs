use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read, Seek, SeekFrom};

use ::safetensors::Dtype as Stored;
use ::safetensors::tensor::{Metadata, TensorInfo};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;

use super::StateDict;
use super::decode::Dtype;

/// Bytes in front of the header: its length.
const PREFIX: u64 = 8;

/// Reads a safetensors file, `file_len` bytes long, tensor by tensor; the error says what is
/// damaged.
pub(super) fn read(mut file: impl Read + Seek, file_len: u64) -> Result<StateDict, String> {
    let header = header(&mut file, file_len)?;
    let start = PREFIX + header.len() as u64;
    let (metadata, notes) = metadata(&header)?;
    let expected = start.saturating_add(metadata.data_len() as u64);
    if expected != file_len {
        return Err(format!("expected {expected} bytes, got {file_len}"));
    }
    let mut state = StateDict { metadata: notes, ..StateDict::default() };
    for name in metadata.offset_keys() {
        let Some(info) = metadata.info(&name) else { continue };
        let dtype = match info.dtype {
            Stored::F16 => Dtype::F16,
            Stored::BF16 => Dtype::Bf16,
            Stored::F32 => Dtype::F32,
            Stored::F64 => Dtype::F64,
            _ => {
                state.skip(name)?;
                continue;
            }
        };
        let (from, to) = info.data_offsets;
        let mut bytes = vec![0; to - from];
        let place = SeekFrom::Start(start + from as u64);
        file.seek(place).and_then(|_| file.read_exact(&mut bytes)).map_err(|e| e.to_string())?;
        state.insert(&name, info.shape.clone(), dtype, &bytes)?;
    }
    Ok(state)
}

/// The header's JSON.
fn header(file: &mut impl Read, file_len: u64) -> Result<Vec<u8>, String> {
    let mut prefix = [0; PREFIX as usize];
    file.read_exact(&mut prefix).map_err(|error| error.to_string())?;
    let len = u64::from_le_bytes(prefix);
    let most = file_len.saturating_sub(PREFIX);
    if len > most {
        return Err(format!("expected a header within {most} bytes, got {len}"));
    }
    let mut json = Vec::new();
    file.take(len).read_to_end(&mut json).map_err(|error| error.to_string())?;
    Ok(json)
}

/// The library reads headers of whole files in memory only; made anew from its entries, the
/// metadata is checked for gaps, overlaps and sizes. The second part is what the file says of
/// itself.
fn metadata(header: &[u8]) -> Result<(Metadata, BTreeMap<String, String>), String> {
    let parsed: Header = serde_json::from_slice(header).map_err(|error| error.to_string())?;
    let mut entries: Vec<_> = parsed.tensors.into_iter().collect();
    entries.sort_by_key(|(_, info)| info.data_offsets);
    let metadata = Metadata::new(None, entries).map_err(|error| error.to_string())?;
    Ok((metadata, parsed.notes))
}

/// A header's tensors. The library's own type lets the last of two tensors of one name win.
#[derive(Default)]
struct Header {
    tensors: BTreeMap<String, TensorInfo>,
    /// Texts of the metadata; what is none is no business of ours.
    notes: BTreeMap<String, String>,
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries)
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Header;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
        let mut header = Header::default();
        while let Some(name) = map.next_key::<String>()? {
            if name == "__metadata__" {
                if let Value::Object(notes) = map.next_value()? {
                    let texts = notes.into_iter();
                    let texts = texts.filter_map(|(k, v)| Some((k, v.as_str()?.to_owned())));
                    header.notes.extend(texts);
                }
                continue;
            }
            let info = map.next_value()?;
            if header.tensors.contains_key(&name) {
                return Err(Error::custom(format_args!("{name} is there twice")));
            }
            header.tensors.insert(name, info);
        }
        Ok(header)
    }
}
