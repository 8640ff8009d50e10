use std::{io, path::PathBuf};

/// Everything that can go wrong with a run's files. Messages are one line and start with the path.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be written. What it held before is still there.
    #[error("{}: cannot write: {cause}", path.display())]
    Write {
        /// The file that was to be replaced.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
    /// A folder could not be created.
    #[error("{}: cannot create the folder: {cause}", path.display())]
    CreateFolder {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
    /// A file could not be read.
    #[error("{}: cannot read: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
    /// A value could not be written as JSON, for instance a map whose keys are no strings.
    #[error("{}: cannot encode as JSON: {cause}", path.display())]
    Encode {
        /// The file that was to be written.
        path: PathBuf,
        /// What serde said.
        cause: serde_json::Error,
    },
    /// A JSON file does not hold what its name promises.
    #[error("{}: malformed file: expected {expected}, got {cause}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The record that was expected.
        expected: &'static str,
        /// What serde said.
        cause: serde_json::Error,
    },
    /// A line of a JSON Lines file is not a record.
    #[error("{}:{line}: malformed line: expected {expected}, got {cause}", path.display())]
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
    #[error("{}: not a run: expected a folder with config.toml, got none", path.display())]
    NotARun {
        /// The folder.
        path: PathBuf,
    },
    /// A run was to be created where one already is.
    #[error("{}: already holds a run: expected no config.toml, got one", path.display())]
    RunExists {
        /// The folder.
        path: PathBuf,
    },
    /// A run was to be trained by two processes at a time.
    #[error("{}: another process is training here: expected none, got {holder}", path.display())]
    Locked {
        /// The run's folder.
        path: PathBuf,
        /// Which process, in words: `pid 12 on host name`.
        holder: String,
    },
}
