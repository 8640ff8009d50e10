use std::io::{BufRead, BufReader, Cursor, Read, Seek};
use std::path::Path;

use fs_err::File;
use sha2::{Digest, Sha256};

use super::fault::Fault;
use super::{Format, StateDict, npz, pytorch, safetensors, shards};
use crate::error::Error;

/// Bytes at the beginning of a file that tell its format.
const HEAD: usize = 512;

/// A checkpoint's content.
pub(in crate::weights) struct Content {
    pub(in crate::weights) format: Format,
    pub(in crate::weights) state: StateDict,
    pub(in crate::weights) sha256: String,
}

/// Reads a checkpoint file, or all files of an index; of a PyTorch file, the backbone whose names
/// stand behind `wanted`, if that is given.
pub(in crate::weights) fn read(path: &Path, wanted: Option<&str>) -> Result<Content, Error> {
    if shards::is_index(path) {
        return shards::read(path, wanted);
    }
    let (format, state) = read_one(path, wanted)?;
    Ok(Content { format, state, sha256: sha256(&[path])? })
}

/// Reads one file.
pub(super) fn read_one(path: &Path, wanted: Option<&str>) -> Result<(Format, StateDict), Error> {
    let mut file = File::open(path)?;
    let len = file.metadata()?.len();
    let mut head = Vec::new();
    file.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
    file.rewind()?;
    let format = Format::detect(&head, path)?;
    let state = match format {
        Format::Safetensors => safetensors::read(file, len).map_err(Fault::from),
        Format::Npz => npz::read(BufReader::new(file), len),
        Format::PyTorch => pytorch::read(BufReader::new(file), len, wanted),
    };
    Ok((format, state.map_err(|fault| failed(path, format, fault))?))
}

/// Reads a checkpoint in memory; `name` stands for its path.
pub(in crate::weights) fn read_bytes(
    name: &str,
    bytes: &[u8],
    wanted: Option<&str>,
) -> Result<Content, Error> {
    let path = Path::new(name);
    let format = Format::detect(&bytes[..bytes.len().min(HEAD)], path)?;
    let state = match format {
        Format::Safetensors => {
            safetensors::read(Cursor::new(bytes), bytes.len() as u64).map_err(Fault::from)
        }
        Format::Npz => npz::read(Cursor::new(bytes), bytes.len() as u64),
        Format::PyTorch => pytorch::read(Cursor::new(bytes), bytes.len() as u64, wanted),
    };
    let state = state.map_err(|fault| failed(path, format, fault))?;
    Ok(Content { format, state, sha256: hex(&Sha256::digest(bytes)) })
}

/// Hashes files, as if they were one, without holding them in memory.
pub(in crate::weights) fn sha256(paths: &[impl AsRef<Path>]) -> Result<String, Error> {
    let mut hasher = Sha256::new();
    for path in paths {
        let mut file = BufReader::with_capacity(1 << 16, File::open(path.as_ref())?);
        loop {
            let bytes = file.fill_buf()?;
            if bytes.is_empty() {
                break;
            }
            hasher.update(bytes);
            let read = bytes.len();
            file.consume(read);
        }
    }
    Ok(hex(&hasher.finalize()))
}

fn failed(path: &Path, format: Format, fault: Fault) -> Error {
    match fault {
        Fault::Damaged(cause) => damaged(path, format, &cause),
        Fault::Unreadable(got) => Error::Unreadable { path: path.to_owned(), format, got },
    }
}

pub(super) fn damaged(path: &Path, format: Format, cause: &str) -> Error {
    // Some causes span lines.
    let cause = cause.split_whitespace().collect::<Vec<_>>().join(" ");
    Error::Damaged { path: path.to_owned(), format, cause }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
