//! Checkpoints in several files: Hugging Face's `*.index.json`, which names the file of each
//! tensor. The SHA-256 of such a checkpoint is that of its files in the order of their names, as
//! `cat model-*.safetensors | sha256sum` has it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use fs_err::File;
use serde::Deserialize;

use super::file::{Content, damaged, read_one, sha256};
use super::{Format, StateDict};
use crate::error::Error;

/// Far above the index of any model.
const MAX_INDEX: u64 = 16 << 20;

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

/// Whether a file is an index, by its name.
pub(in crate::weights) fn is_index(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(".index.json"))
}

/// Reads all files that an index names.
pub(super) fn read(index: &Path, wanted: Option<&str>) -> Result<Content, Error> {
    let (map, files) = parse(index)?;
    let mut format = Format::Safetensors;
    let mut all = StateDict::default();
    for file in &files {
        let (its, state) = read_one(file, wanted)?;
        format = its;
        add(&mut all, state).map_err(|cause| damaged(file, format, &cause))?;
    }
    let held = |name: &&String| all.tensors.contains_key(*name) || all.skipped.contains(*name);
    if let Some(name) = map.keys().find(|name| !held(name)) {
        return Err(damaged(index, format, &format!("{name} is in none of its files")));
    }
    Ok(Content { format, state: all, sha256: sha256(&files)? })
}

/// The files of an index, sorted.
pub(in crate::weights) fn files(index: &Path) -> Result<Vec<PathBuf>, Error> {
    Ok(parse(index)?.1)
}

fn parse(index: &Path) -> Result<(BTreeMap<String, String>, Vec<PathBuf>), Error> {
    let broken = |cause: String| damaged(index, Format::Safetensors, &cause);
    let mut json = Vec::new();
    File::open(index)?.take(MAX_INDEX).read_to_end(&mut json)?;
    let parsed = serde_json::from_slice(&json);
    let Index { weight_map } = parsed.map_err(|error| broken(error.to_string()))?;
    let names: BTreeSet<&String> = weight_map.values().collect();
    // An index speaks of its own folder only.
    let strange = |name: &&&String| name.contains(['/', '\\', ':']) || name.starts_with('.');
    match names.iter().find(strange) {
        Some(name) => Err(broken(format!("expected plain file names, got {name}"))),
        None if names.is_empty() => Err(broken("it names no files".to_owned())),
        None => {
            let files = names.iter().map(|name| index.with_file_name(name)).collect();
            Ok((weight_map, files))
        }
    }
}

fn add(all: &mut StateDict, part: StateDict) -> Result<(), String> {
    for (name, tensor) in part.tensors {
        if all.tensors.contains_key(&name) {
            return Err(format!("{name} is in another file, too"));
        }
        all.tensors.insert(name, tensor);
    }
    for (dtype, count) in part.dtypes {
        *all.dtypes.entry(dtype).or_default() += count;
    }
    all.skipped.extend(part.skipped);
    all.metadata.extend(part.metadata);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_names_plain_files_only() {
        let folder = tempfile::tempdir().unwrap();
        let index = folder.path().join("model.safetensors.index.json");
        let said = |json: &str| {
            std::fs::write(&index, json).unwrap();
            files(&index).unwrap_err().to_string()
        };
        for name in ["../x.safetensors", "/etc/passwd", "a/b.bin", ".."] {
            let text = said(&format!(r#"{{"weight_map": {{"a": "{name}"}}}}"#));
            assert!(text.ends_with(&format!("expected plain file names, got {name}")), "{text}");
        }
        assert!(said(r#"{"weight_map": {}}"#).ends_with("it names no files"));
        assert!(said("[").contains("index.json: expected a whole safetensors file"));
        std::fs::write(&index, r#"{"weight_map": {"a": "2.bin", "b": "1.bin"}}"#).unwrap();
        let expected = [folder.path().join("1.bin"), folder.path().join("2.bin")];
        assert_eq!(files(&index).unwrap(), expected);
    }
}
