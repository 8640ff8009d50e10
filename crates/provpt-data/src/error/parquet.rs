use std::path::PathBuf;

use provpt_base::quoted;

/// What can be wrong with a Parquet data set. Messages start with the file.
#[derive(Debug, thiserror::Error)]
pub enum ParquetError {
    /// A file could not be read; the message names it.
    #[error("{}", quoted(&.0.to_string()))]
    Io(#[from] std::io::Error),

    /// A file is not Parquet, ends early, or has changed since it was written.
    #[error("{path}: damaged Parquet file: {cause}", path = quoted(.path), cause = quoted(.cause))]
    Damaged {
        /// The shard.
        path: PathBuf,
        /// What the decoder said.
        cause: String,
    },
    /// A file is called Parquet and is something else.
    #[error("{path}: kind of file: expected a Parquet file, got {got}", path = quoted(.path))]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is.
        got: &'static str,
    },
    /// A file is as Parquet allows, but not as can be read here.
    #[error(
        "{path}: unsupported Parquet file: expected no compression, or snappy, gzip, zstd or lz4, and \
         encodings of today: {cause}",
        path = quoted(.path), cause = quoted(.cause)
    )]
    Unsupported {
        /// The shard.
        path: PathBuf,
        /// What the decoder said.
        cause: String,
    },
    /// More rows than a file of this size can hold images for.
    #[error("{path}: number of rows: expected 0..={max}, got {got}", path = quoted(.path))]
    Rows {
        /// The shard.
        path: PathBuf,
        /// Bytes of the file.
        max: u64,
        /// By its footer.
        got: i64,
    },
    /// The data set's description is not the JSON it should be.
    #[error(
        "{path}: metadata key huggingface: malformed description: {cause}",
        path = quoted(.path), cause = quoted(.cause)
    )]
    Features {
        /// The shard.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
    /// There is no column of images, or none of labels.
    #[error(
        "{path}: {what} column: expected {expected}, got columns {found}",
        path = quoted(.path), found = quoted(.found)
    )]
    NoColumn {
        /// The shard.
        path: PathBuf,
        /// `image` or `label`.
        what: &'static str,
        /// What would do.
        expected: &'static str,
        /// The columns with their types.
        found: String,
    },
    /// A column is there more than once.
    #[error(
        "{path}: {what} column: expected one called {name}, got {got}",
        path = quoted(.path), name = quoted(.name)
    )]
    Repeated {
        /// The shard.
        path: PathBuf,
        /// `image` or `label`.
        what: &'static str,
        /// Its name.
        name: String,
        /// How many there are.
        got: usize,
    },
    /// A folder of several data sets.
    #[error(
        "{path}: expected one data set, got {found}",
        path = quoted(.path), found = quoted(.found)
    )]
    Configs {
        /// The folder.
        path: PathBuf,
        /// Its subfolders with Parquet files, separated by commas.
        found: String,
    },
    /// A shard is not there.
    #[error("{path}: missing shards: expected {shards}, got {got}", path = quoted(.path))]
    MissingShards {
        /// One of those that are there.
        path: PathBuf,
        /// How many there are by its name.
        shards: usize,
        /// How many there are.
        got: usize,
    },
    /// Shards of one data set have different columns or classes.
    #[error(
        "{path}: {what}: expected {expected} as in {first}, got {got}",
        path = quoted(.path), expected = quoted(.expected), first = quoted(.first), got = quoted(.got)
    )]
    Disagree {
        /// The shard.
        path: PathBuf,
        /// `label column` or `classes`.
        what: &'static str,
        /// In the first shard.
        expected: String,
        /// The first shard.
        first: PathBuf,
        /// In this shard.
        got: String,
    },

    /// A row has no label, or one that is no class.
    #[error(
        "{path}: row {row}: label: expected {expected}, got {got}",
        path = quoted(.path), expected = quoted(.expected), got = quoted(.got)
    )]
    Label {
        /// The shard.
        path: PathBuf,
        /// Counted from 0.
        row: usize,
        /// What would do.
        expected: String,
        /// The label, or null.
        got: String,
    },
    /// A row has no image.
    #[error(
        "{path}: row {row}: image: expected bytes, or the path of a file, got {got}",
        path = quoted(.path), got = quoted(.got)
    )]
    NoImage {
        /// The shard.
        path: PathBuf,
        /// Counted from 0.
        row: usize,
        /// Null, or the path where there is no file.
        got: String,
    },
}
