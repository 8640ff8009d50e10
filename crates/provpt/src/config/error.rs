use std::path::PathBuf;

use provpt_base::quoted;

/// What is wrong with a configuration, and where it stood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file cannot be read or is no TOML or YAML.
    #[error("{}: {}", quoted(path), quoted(cause))]
    File {
        /// The file.
        path: PathBuf,
        /// One line.
        cause: String,
    },
    /// YAML, which this build does not read.
    #[error("{}: expected a TOML file, or provpt built with its feature `yaml`", quoted(path))]
    NoYaml {
        /// The file.
        path: PathBuf,
    },
    /// There is no such key.
    #[error("unknown key {} ({}); the nearest is {nearest}", quoted(key), quoted(origin))]
    UnknownKey {
        /// As it was spelled.
        key: String,
        /// The closest valid key.
        nearest: &'static str,
        /// File or command line.
        origin: String,
    },
    /// A value does not suit its key.
    #[error("{key}: expected {expected}, got {} ({})", quoted(got), quoted(origin))]
    Value {
        /// The key.
        key: String,
        /// What would do.
        expected: String,
        /// What was given.
        got: String,
        /// File or command line.
        origin: String,
    },
    /// A command-line argument is neither `key=value` nor the first of a `KEY VALUE` pair.
    #[error("{}: expected key=value or KEY VALUE, got a key without a value", quoted(argument))]
    NoValue {
        /// The argument.
        argument: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Found by fuzzing: a key with control characters.
    #[test]
    fn what_stood_there_is_quoted_on_one_line() {
        let (key, origin) = ("se\u{1d}e\r\n".to_owned(), "command line".to_owned());
        let error = ConfigError::UnknownKey { key, nearest: "seed", origin };
        let expected = r"unknown key se\u{1d}e\r\n (command line); the nearest is seed";
        assert_eq!(error.to_string(), expected);
        let error = ConfigError::File { path: "a\u{1b}.toml".into(), cause: "x\ny".to_owned() };
        assert_eq!(error.to_string(), r"a\u{1b}.toml: x\ny");
    }
}
