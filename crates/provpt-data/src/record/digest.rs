//! What tells one image from another, wherever it lies and whatever it is called.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::source::Source;
use crate::{Error, Split};

/// Bytes of a hash that are kept: two of a million different images share them in one of thirty
/// million tasks.
const BYTES: usize = 8;

/// The beginning of the SHA-256, in hexadecimal, of an image's bytes as they are stored, or of the
/// pixels of one that has no file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    fn of(bytes: &[u8]) -> Self {
        let mut hex = String::new();
        for byte in &Sha256::digest(bytes)[..BYTES] {
            // Text cannot fail to be written into memory.
            let _ = write!(hex, "{byte:02x}");
        }
        Self(hex)
    }
}

impl Split {
    /// The digest of every image.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn digests(&self) -> Result<Vec<Digest>, Error> {
        let digest = |source: &Source| source.content().map(|bytes| Digest::of(&bytes));
        self.sources().iter().map(digest).collect()
    }
}
