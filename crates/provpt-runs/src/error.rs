use std::{io, path::PathBuf};

use provpt_base::quoted;

/// Everything that can go wrong with a run's files. Messages are one line and start with the path.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be written. What it held before is still there.
    #[error("{}: cannot write: {cause}", quoted(path))]
    Write {
        /// The file that was to be replaced.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
    /// A folder could not be created.
    #[error("{}: cannot create the folder: {cause}", quoted(path))]
    CreateFolder {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
    /// A file could not be read.
    #[error("{}: cannot read: {cause}", quoted(path))]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
    /// A value could not be written as JSON, for instance a map whose keys are no strings.
    #[error("{}: cannot encode as JSON: {cause}", quoted(path))]
    Encode {
        /// The file that was to be written.
        path: PathBuf,
        /// What serde said.
        cause: serde_json::Error,
    },
    /// A JSON file does not hold what its name promises.
    #[error("{}: malformed file: expected {expected}, got {}", quoted(path), quoted(&cause.to_string()))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The record that was expected.
        expected: &'static str,
        /// What serde said.
        cause: serde_json::Error,
    },
    /// A line of a JSON Lines file is not a record.
    #[error(
        "{}:{line}: malformed line: expected {expected}, got {}",
        quoted(path),
        quoted(&cause.to_string())
    )]
    MalformedLine {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// The record that was expected.
        expected: &'static str,
        /// What serde said.
        cause: serde_json::Error,
    },
    /// A folder was opened that holds no run.
    #[error("{}: not a run: expected a folder with config.toml, got none", quoted(path))]
    NotARun {
        /// The folder.
        path: PathBuf,
    },
    /// A run was to be created where one already is.
    #[error("{}: already holds a run: expected no config.toml, got one", quoted(path))]
    RunExists {
        /// The folder.
        path: PathBuf,
    },
    /// A run was to be trained by two processes at a time.
    #[error(
        "{}: another process is training here: expected none, got {}",
        quoted(path),
        quoted(holder)
    )]
    Locked {
        /// The run's folder.
        path: PathBuf,
        /// Which process, in words: `pid 12 on host name`.
        holder: String,
    },
}
