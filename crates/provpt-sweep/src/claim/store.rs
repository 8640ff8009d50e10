//! The claims on one trial, as files.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Holder;
use crate::Error;

/// The claims on a trial: `claims/ID/`.
#[derive(Debug, Clone)]
pub(crate) struct Claims {
    folder: PathBuf,
}

/// The last claim on a trial.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Latest {
    /// Which one it is, from 1.
    pub(crate) generation: u64,
    /// Who made it; unknown if a power cut took the file's content.
    pub(crate) holder: Option<Holder>,
    /// How it ended, if it did.
    pub(crate) end: Option<End>,
}

/// How a claim ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct End {
    pub(crate) how: How,
    /// Epochs the trial has then, where it was to stop at so many.
    #[serde(default)]
    pub(crate) epochs: usize,
}

/// How a claim can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum How {
    /// The trial is done.
    Done,
    /// The trial reached the epochs that were asked for.
    Rung,
    /// The trial failed.
    Failed,
    /// A signal that was not ours ended the trial.
    Crashed,
    /// Given back: whoever wants it may go on.
    Released,
}

impl Claims {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The last claim, if there is any.
    pub(crate) fn latest(&self) -> Result<Option<Latest>, Error> {
        let numbers = self.numbers("json")?;
        let Some(generation) = numbers.into_iter().max() else { return Ok(None) };
        let holder = fs_err::read(self.file(generation, "json")).ok();
        let holder = holder.and_then(|json| serde_json::from_slice(&json).ok());
        Ok(Some(Latest { generation, holder, end: self.ended(generation) }))
    }

    /// Makes claim `generation`; false if somebody else has. Of any number of workers that try,
    /// one wins: a link cannot be made where there is a file, on NFS neither.
    pub(crate) fn take(&self, generation: u64, holder: &Holder) -> Result<bool, Error> {
        fs_err::create_dir_all(&self.folder)?;
        let path = self.file(generation, "json");
        let named = |error: io::Error| {
            io::Error::new(error.kind(), format!("{}: cannot claim: {error}", path.display()))
        };
        let json = serde_json::to_vec(holder).map_err(|error| named(error.into()))?;
        let mut temporary = self.temporary().map_err(named)?;
        temporary.write_all(&json).map_err(named)?;
        let linked = std::fs::hard_link(temporary.path(), &path);
        Ok(won(linked, || links(temporary.path())).map_err(named)?)
    }

    /// A sign of life.
    pub(crate) fn beat(&self, generation: u64) -> Result<(), Error> {
        let path = self.file(generation, "beat");
        let mut file = fs_err::OpenOptions::new().create(true).append(true).open(path)?;
        Ok(file.write_all(b".")?)
    }

    /// Signs of life so far. The file is opened, not only looked at: on NFS that asks the server.
    pub(crate) fn beats(&self, generation: u64) -> u64 {
        let file = File::open(self.file(generation, "beat"));
        file.and_then(|file| file.metadata()).map_or(0, |metadata| metadata.len())
    }

    /// Whether there is a later claim.
    pub(crate) fn is_superseded(&self, generation: u64) -> bool {
        self.file(generation + 1, "json").exists()
    }

    /// Says how a claim ended.
    pub(crate) fn end(&self, generation: u64, end: &End) -> Result<(), Error> {
        let path = self.file(generation, "end");
        self.put(&path, &serde_json::to_vec(end).unwrap_or_default()).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: cannot write: {error}", path.display()))
        })?;
        Ok(())
    }

    /// How all claims that have ended did.
    pub(crate) fn ends(&self) -> Result<Vec<End>, Error> {
        let numbers = self.numbers("end")?;
        Ok(numbers.into_iter().filter_map(|generation| self.ended(generation)).collect())
    }

    /// A file of a claim: `N.EXTENSION`.
    pub(crate) fn file(&self, generation: u64, extension: &str) -> PathBuf {
        self.folder.join(format!("{generation}.{extension}"))
    }

    fn ended(&self, generation: u64) -> Option<End> {
        let json = std::fs::read(self.file(generation, "end")).ok()?;
        let released = End { how: How::Released, epochs: 0 };
        Some(serde_json::from_slice(&json).unwrap_or(released))
    }

    fn numbers(&self, extension: &str) -> Result<Vec<u64>, Error> {
        let entries = match fs_err::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let mut numbers = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| name.split_once('.'));
            let number = number.filter(|(_, end)| *end == extension).map(|(n, _)| n.parse::<u64>());
            numbers.extend(number.and_then(Result::ok));
        }
        Ok(numbers)
    }

    /// Whole or not at all. Not synced: what a power cut takes is only made again.
    fn put(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut temporary = self.temporary()?;
        temporary.write_all(bytes)?;
        temporary.persist(path).map(drop).map_err(|failed| failed.error)
    }

    fn temporary(&self) -> io::Result<tempfile::NamedTempFile<File>> {
        // Others may read it as the umask says, unlike files of `NamedTempFile::new_in`.
        tempfile::Builder::new()
            .prefix(".tmp-")
            .make_in(&self.folder, |name| File::create_new(name))
    }
}

/// Whether a link was made; `links` says how many names the file has now.
fn won(linked: io::Result<()>, links: impl FnOnce() -> Option<u64>) -> io::Result<bool> {
    match linked {
        Ok(()) => Ok(true),
        // The server may have made the link and its answer been lost.
        Err(_) if links() == Some(2) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
fn links(path: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|metadata| metadata.nlink())
}

#[cfg(not(unix))]
fn links(_: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
