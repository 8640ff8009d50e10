//! What the targets share: inputs that stand for folders of files, and what every error must be.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Stands between the files of an input.
pub const SEPARATOR: &[u8] = b"\n=#=\n";

/// The longest message that is fit to be printed.
const MAX_MESSAGE: usize = 4000;

/// The input's files.
pub fn files(input: &[u8]) -> Vec<&[u8]> {
    let mut files = Vec::new();
    let mut rest = input;
    while let Some(at) = rest.windows(SEPARATOR.len()).position(|window| window == SEPARATOR) {
        files.push(&rest[..at]);
        rest = &rest[at + SEPARATOR.len()..];
    }
    files.push(rest);
    files
}

/// This process's folder, with a file of each of these names and contents; names without content
/// are removed.
pub fn folder<'a>(names: &[&str], contents: impl IntoIterator<Item = &'a [u8]>) -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = std::env::temp_dir().join(format!("provpt-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for the input");
        folder
    });
    let mut contents = contents.into_iter();
    for name in names {
        let path = folder.join(name);
        match contents.next() {
            Some(bytes) => {
                std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
                std::fs::write(&path, bytes).expect("room for the input");
            }
            None => drop(std::fs::remove_file(&path)),
        }
    }
    folder
}

/// Errors are part of the interface: one line of reasonable length.
pub fn told<T, E: Display>(result: Result<T, E>) -> Option<T> {
    let error = match result {
        Ok(value) => return Some(value),
        Err(error) => error.to_string(),
    };
    assert!(!error.is_empty() && error.len() < MAX_MESSAGE, "an odd message: {error}");
    assert!(!error.contains(['\n', '\r']), "more than a line: {error:?}");
    None
}

/// Reads a checkpoint in memory.
pub fn checkpoint(name: &str, bytes: &[u8]) {
    let options = provpt_vit::weights::LoadOptions { heads: Some(4), ..Default::default() };
    if let Some(backbone) = told(provpt_vit::Backbone::from_bytes(name, bytes, &options)) {
        for (name, tensor) in &backbone.tensors {
            assert_eq!(tensor.data.len(), tensor.shape.iter().product::<usize>(), "{name}");
        }
    }
}
