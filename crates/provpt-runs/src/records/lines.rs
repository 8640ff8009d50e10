//! JSON Lines: one record per line.

use std::path::Path;

use serde::{Serialize, de::DeserializeOwned};

use crate::{Error, atomic};

/// Reads all records, named `expected` in errors. An unfinished last line, as a kill may leave
/// one, is ignored.
pub(crate) fn load<T: DeserializeOwned>(
    path: &Path,
    expected: &'static str,
) -> Result<Vec<T>, Error> {
    let bytes =
        std::fs::read(path).map_err(|cause| Error::Read { path: path.to_owned(), cause })?;
    let mut records = Vec::new();
    for (index, line) in bytes.split_inclusive(|&b| b == b'\n').enumerate() {
        match serde_json::from_slice(line) {
            Ok(record) => records.push(record),
            Err(_) if line.trim_ascii().is_empty() || !line.ends_with(b"\n") => {}
            Err(cause) => {
                let (path, line) = (path.to_owned(), index + 1);
                return Err(Error::MalformedLine { path, line, expected, cause });
            }
        }
    }
    Ok(records)
}

/// Replaces the whole file atomically.
pub(crate) fn store<T: Serialize>(path: &Path, records: &[T]) -> Result<(), Error> {
    let mut lines = Vec::new();
    for record in records {
        serde_json::to_writer(&mut lines, record)
            .map_err(|cause| Error::Encode { path: path.to_owned(), cause })?;
        lines.push(b'\n');
    }
    atomic::write(path, &lines)
}
