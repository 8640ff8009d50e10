use std::collections::BTreeMap;
use std::path::PathBuf;

use super::describe::{self, Beside};
use super::import::Checkpoint;
use super::read::file::{self, Content};
use super::source::Located;
use super::{Backbone, Format, LoadOptions, Source, embedded};
use crate::error::Error;
use crate::registry::find;

/// What a file is, be it a backbone or not.
#[derive(Debug)]
pub struct Inspection {
    /// The file; for one in memory, its name.
    pub path: PathBuf,
    /// Container of the checkpoint.
    pub format: Format,
    /// SHA-256 of the file's bytes, in lower-case hexadecimal.
    pub sha256: String,
    /// Tensors by element type.
    pub dtypes: BTreeMap<&'static str, usize>,
    /// Values in the file, heads and all; what is no floats, or in a PyTorch file stands outside the
    /// backbone (such as optimizer state), is not counted.
    pub parameters: usize,
    /// What the file says of itself (safetensors only).
    pub metadata: BTreeMap<String, String>,
    /// The backbone, or why it is none.
    pub backbone: Result<Backbone, Error>,
}

impl Inspection {
    /// Reads a checkpoint, and takes it for a backbone if it can be. An embedded one needs no file,
    /// but a file of its name is preferred.
    ///
    /// # Errors
    /// The file is not there, damaged, or no checkpoint at all.
    pub fn open(source: &Source, options: &LoadOptions) -> Result<Self, Error> {
        let located = match source.locate() {
            Ok(located) => located,
            Err(missing) => {
                let (name, bytes) = embedded::in_place_of(missing)?;
                return Self::from_bytes(name, bytes, options);
            }
        };
        let content = file::read(&located.path, options.prefix.as_deref())?;
        Self::located(located, content, options)
    }

    /// The same of a file that has been read.
    pub(super) fn located(
        located: Located,
        content: Content,
        options: &LoadOptions,
    ) -> Result<Self, Error> {
        let Located { path, name, record, described } = located;
        let beside = if described { describe::beside(&path)? } else { Beside::default() };
        let (format, sha256) = (content.format, content.sha256.clone());
        Ok(Self::of(Checkpoint { path, name, record, beside, format, sha256 }, content, options))
    }

    /// As [`open`](Self::open), for bytes in memory.
    ///
    /// # Errors
    /// As there.
    pub fn from_bytes(name: &str, bytes: &[u8], options: &LoadOptions) -> Result<Self, Error> {
        let content = file::read_bytes(name, bytes, options.prefix.as_deref())?;
        let (format, sha256) = (content.format, content.sha256.clone());
        let (path, record, beside) = (PathBuf::from(name), find(name), Beside::default());
        let name = name.to_owned();
        let checkpoint = Checkpoint { path, name, record, beside, format, sha256 };
        Ok(Self::of(checkpoint, content, options))
    }

    fn of(checkpoint: Checkpoint, content: Content, options: &LoadOptions) -> Self {
        let state = content.state;
        Self {
            path: checkpoint.path.clone(),
            format: content.format,
            sha256: content.sha256,
            dtypes: state.dtypes.clone(),
            parameters: state.parameters(),
            metadata: state.metadata.clone(),
            backbone: checkpoint.import(state, options),
        }
    }
}
