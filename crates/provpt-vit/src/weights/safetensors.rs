use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};

use ::safetensors::Dtype as Stored;
use ::safetensors::tensor::Metadata;

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
                state.skipped.push(name);
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
    if len > file_len {
        return Err(format!("expected a header within {file_len} bytes, got {len}"));
    }
    let mut json = Vec::new();
    file.take(len).read_to_end(&mut json).map_err(|error| error.to_string())?;
    Ok(json)
}

/// The library reads headers of whole files in memory only; made anew from its entries, the
/// metadata is checked for gaps, overlaps and sizes. The second part is what the file says of
/// itself.
fn metadata(header: &[u8]) -> Result<(Metadata, BTreeMap<String, String>), String> {
    let parsed: Metadata = serde_json::from_slice(header).map_err(|error| error.to_string())?;
    let entries = parsed.offset_keys().into_iter();
    let entries = entries.filter_map(|name| Some((name.clone(), parsed.info(&name)?.clone())));
    let notes = parsed.metadata().clone().unwrap_or_default().into_iter().collect();
    let checked = Metadata::new(None, entries.collect()).map_err(|error| error.to_string())?;
    Ok((checked, notes))
}
