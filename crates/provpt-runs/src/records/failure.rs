use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{Error, atomic};

/// Why a run ended with an error: `failure.json`. It goes when the run is gone on with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFailure {
    /// The error, in a line.
    pub reason: String,
    /// Epochs that were done.
    pub epochs: usize,
}

impl RunFailure {
    /// Reads `failure.json`.
    ///
    /// # Errors
    /// [`Error::Read`] or [`Error::Malformed`].
    pub fn load(path: &Path) -> Result<Self, Error> {
        super::load_json(path, "the failure of a run")
    }

    /// Replaces `failure.json` atomically.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn store(&self, path: &Path) -> Result<(), Error> {
        atomic::write_json(path, self)
    }
}
