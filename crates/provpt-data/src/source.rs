//! Where images come from: nothing is decoded before it is asked for.

use std::fmt::Debug;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fs_err::File;

use provpt_image::{Decoding, Error as ImageError, Image, decode_bytes, decode_file_with};

use crate::Error;

/// An image file longer than this is no image; it is not read into memory.
const MAX_ENCODED: u64 = 512 << 20;

/// Images in files of many, found by number, from any thread.
pub(crate) trait Store: Debug + Send + Sync {
    /// Reads and decodes one.
    fn image(&self, index: usize) -> Result<Image, Error>;

    /// Reads one as it is stored.
    fn encoded(&self, index: usize) -> Result<Vec<u8>, Error>;

    /// Bytes that tell one from others: those that are stored, where they are of its own.
    fn content(&self, index: usize) -> Result<Vec<u8>, Error> {
        self.encoded(index)
    }

    /// What is made of the file, where there is a choice: another reading of the same file must not
    /// be taken for this one.
    fn reading(&self) -> String {
        String::new()
    }

    /// The file that holds one, and a number that is its own in that file: byte or row.
    fn origin(&self, index: usize) -> (&Path, u64);
}

/// Where one image comes from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// A file of its own.
    File(PathBuf),
    /// One of many in a file.
    Stored(Arc<dyn Store>, usize),
    /// No file.
    Drawn(Arc<Image>),
}

/// An image with its label (`0..classes`) and name (a path, or what else tells it apart).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) source: Source,
    pub(crate) label: usize,
    pub(crate) name: String,
}

impl Item {
    /// A file, named by its path.
    pub(crate) fn file(path: PathBuf, label: usize) -> Self {
        Self { name: path.display().to_string(), source: Source::File(path), label }
    }

    /// An image that is in memory.
    pub(crate) fn drawn(image: Image, label: usize, name: String) -> Self {
        Self { source: Source::Drawn(Arc::new(image)), label, name }
    }
}

impl Source {
    /// Reads and decodes it.
    pub(crate) fn image(&self, decoding: Decoding) -> Result<Arc<Image>, Error> {
        match self {
            Self::File(path) => Ok(Arc::new(decode_file_with(path, decoding)?)),
            Self::Stored(store, index) if decoding == Decoding::default() => {
                store.image(*index).map(Arc::new)
            }
            Self::Stored(store, index) => {
                let (path, place) = store.origin(*index);
                let name = PathBuf::from(format!("{}@{place}", path.display()));
                Ok(Arc::new(decode_bytes(&store.encoded(*index)?, &name, decoding)?))
            }
            Self::Drawn(image) => Ok(Arc::clone(image)),
        }
    }

    /// See [`Store::reading`].
    pub(crate) fn reading(&self) -> String {
        match self {
            Self::Stored(store, _) => store.reading(),
            Self::File(_) | Self::Drawn(_) => String::new(),
        }
    }

    /// Its bytes as they are stored: none for what was drawn.
    pub(crate) fn encoded(&self) -> Result<Option<Vec<u8>>, Error> {
        match self {
            Self::File(path) => read(path).map(Some),
            Self::Stored(store, index) => store.encoded(*index).map(Some),
            Self::Drawn(_) => Ok(None),
        }
    }

    /// Bytes that tell its image from others.
    pub(crate) fn content(&self) -> Result<Vec<u8>, Error> {
        match self {
            Self::File(path) => read(path),
            Self::Stored(store, index) => store.content(*index),
            Self::Drawn(image) => Ok(image.pixels().to_vec()),
        }
    }

    /// The file that holds it, and what tells it apart in there.
    pub(crate) fn origin(&self) -> Option<(&Path, u64)> {
        match self {
            Self::File(path) => Some((path, 0)),
            Self::Stored(store, index) => Some(store.origin(*index)),
            Self::Drawn(_) => None,
        }
    }
}

/// The same place or the same pixels; not the same bytes in two places.
impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Drawn(one), Self::Drawn(other)) => one == other,
            _ => self.origin().is_some() && self.origin() == other.origin(),
        }
    }
}

impl Eq for Source {}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_ENCODED + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_ENCODED {
        let cause = format!("expected a file of at most {} MiB", MAX_ENCODED >> 20);
        return Err(ImageError::Undecodable { path: path.to_owned(), cause }.into());
    }
    Ok(bytes)
}
