use std::path::PathBuf;

/// What is wrong with a configuration, and where it stood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file cannot be read or is no TOML or YAML.
    #[error("{}: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// One line.
        cause: String,
    },
    /// There is no such key.
    #[error("unknown key {key} ({origin}); the nearest is {nearest}")]
    UnknownKey {
        /// As it was spelled.
        key: String,
        /// The closest valid key.
        nearest: &'static str,
        /// File or command line.
        origin: String,
    },
    /// A value does not suit its key.
    #[error("{key}: expected {expected}, got {got} ({origin})")]
    Value {
        /// The key.
        key: &'static str,
        /// What would do.
        expected: String,
        /// What was given.
        got: String,
        /// File or command line.
        origin: String,
    },
    /// A command-line argument is neither `key=value` nor the first of a `KEY VALUE` pair.
    #[error("{argument}: expected key=value or KEY VALUE, got a key without a value")]
    NoValue {
        /// The argument.
        argument: String,
    },
}
