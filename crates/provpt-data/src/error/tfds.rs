use std::fmt;
use std::path::PathBuf;

use provpt_base::quoted;

/// Where in a data set something is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPlace {
    /// The shard.
    pub shard: PathBuf,
    /// Where the record's header starts.
    pub offset: u64,
}

impl fmt::Display for RecordPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: record at byte {}", quoted(&self.shard), self.offset)
    }
}

/// What can be wrong with a tensorflow-datasets folder. Messages start with the file, and for
/// records with the byte at which they start.
#[derive(Debug, thiserror::Error)]
pub enum TfdsError {
    /// A file could not be read; the message names it.
    #[error("{}", quoted(&.0.to_string()))]
    Io(#[from] std::io::Error),

    /// The folder does not say what it holds.
    #[error(
        "{path}: missing file: expected a tensorflow-datasets description, got none",
        path = quoted(.path)
    )]
    MissingInfo {
        /// `dataset_info.json`.
        path: PathBuf,
    },
    /// A folder of several versions.
    #[error(
        "{path}: expected one version, got {found}",
        path = quoted(.path), found = quoted(.found)
    )]
    Versions {
        /// The folder.
        path: PathBuf,
        /// Its versions, separated by commas.
        found: String,
    },
    /// A folder of several data sets.
    #[error(
        "{path}: expected one data set, got {found}",
        path = quoted(.path), found = quoted(.found)
    )]
    Several {
        /// The folder.
        path: PathBuf,
        /// Folders of data sets in it, separated by commas.
        found: String,
    },
    /// A description is not the JSON it should be.
    #[error("{path}: malformed description: {cause}", path = quoted(.path), cause = quoted(.cause))]
    Json {
        /// `dataset_info.json` or `features.json`.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
    /// The examples are not stored as TFRecord.
    #[error(
        "{path}: file format: expected tfrecord, got {got}",
        path = quoted(.path), got = quoted(.got)
    )]
    FileFormat {
        /// `dataset_info.json`.
        path: PathBuf,
        /// The format it names.
        got: String,
    },
    /// Shards cannot be named by this template.
    #[error(
        "{path}: file name template: expected names inside the folder made of {{DATASET}}, \
         {{SPLIT}}, {{FILEFORMAT}}, {{SHARD_INDEX}}, {{NUM_SHARDS}} and {{SHARD_X_OF_Y}}, got {got}",
        path = quoted(.path), got = quoted(.got)
    )]
    Template {
        /// `dataset_info.json`.
        path: PathBuf,
        /// The template, or the name made of it.
        got: String,
    },
    /// The data set has no such split.
    #[error(
        "{path}: split: expected one of {known}, got {got}",
        path = quoted(.path), known = quoted(.known), got = quoted(.got)
    )]
    NoSplit {
        /// `dataset_info.json`.
        path: PathBuf,
        /// The splits it has.
        known: String,
        /// The split asked for.
        got: String,
    },
    /// A plain classification task is asked of a data set that is none.
    #[error(
        "{path}: feature {name}: expected {expected}, got {got}",
        path = quoted(.path), name = quoted(.name), got = quoted(.got)
    )]
    NotClassification {
        /// `features.json`.
        path: PathBuf,
        /// What must be there.
        expected: &'static str,
        /// The feature.
        name: String,
        /// Its kind, or none.
        got: String,
    },

    /// A task of the catalogue is asked of another data set.
    #[error(
        "{path}: data set of task {task}: expected {expected}, got {got}",
        path = quoted(.path), expected = quoted(.expected), got = quoted(.got)
    )]
    OtherDataSet {
        /// `dataset_info.json`.
        path: PathBuf,
        /// The task.
        task: &'static str,
        /// Name and variant of its data set.
        expected: String,
        /// Of this one.
        got: String,
    },
    /// The splits of a task of the catalogue have other sizes than its examples were chosen by.
    #[error(
        "{path}: official size of split {split}: expected {expected} examples, got {got}",
        path = quoted(.path), split = quoted(.split)
    )]
    OfficialSize {
        /// `dataset_info.json`.
        path: PathBuf,
        /// The split.
        split: String,
        /// By the catalogue.
        expected: usize,
        /// By `dataset_info.json`.
        got: u64,
    },

    /// A shard is not there.
    #[error(
        "{path}: missing shard: expected a file ({number} of {shards}), got none",
        path = quoted(.path)
    )]
    MissingShard {
        /// The shard.
        path: PathBuf,
        /// Counted from 1.
        number: usize,
        /// How many the split has.
        shards: usize,
    },
    /// A shard holds more or fewer records than the description says.
    #[error("{path}: number of records: expected {expected}, got {got}", path = quoted(.path))]
    RecordCount {
        /// The shard.
        path: PathBuf,
        /// By `dataset_info.json`.
        expected: u64,
        /// In the shard.
        got: u64,
    },
    /// The file ends within a record.
    #[error("{place}: truncated: expected {expected} bytes, got {got}")]
    Truncated {
        /// The record.
        place: RecordPlace,
        /// Header, data and checksums.
        expected: u64,
        /// Bytes left in the file.
        got: u64,
    },
    /// Bits have changed since the record was written.
    #[error("{place}: checksum of its {what}: expected {expected:#010x}, got {got:#010x}")]
    Checksum {
        /// The record.
        place: RecordPlace,
        /// `length` or `data`.
        what: &'static str,
        /// The masked CRC32C of what is there.
        expected: u32,
        /// The stored one.
        got: u32,
    },
    /// A shard is not what it was when its records were counted.
    #[error("{place}: changed while in use: expected {expected} bytes of data, got {got}")]
    Changed {
        /// The record.
        place: RecordPlace,
        /// When the records were counted.
        expected: u64,
        /// Now.
        got: u64,
    },
    /// A record is too long to be an example of images.
    #[error("{place}: length: expected at most {max} bytes, got {got}")]
    TooLong {
        /// The record.
        place: RecordPlace,
        /// The most allowed.
        max: u64,
        /// By its header.
        got: u64,
    },

    /// The data of a record are no `tf.train.Example`.
    #[error("{place}: malformed example: {cause}", cause = quoted(.cause))]
    Malformed {
        /// The record.
        place: RecordPlace,
        /// What is wrong, and where in the data.
        cause: String,
    },
    /// An example lacks a feature.
    #[error(
        "{place}: feature {name}: expected it, got only {known}",
        name = quoted(.name), known = quoted(.known)
    )]
    MissingFeature {
        /// The record.
        place: RecordPlace,
        /// The feature.
        name: String,
        /// The features it has, separated by commas.
        known: String,
    },
    /// A feature has values of another type.
    #[error(
        "{place}: feature {name}: expected {expected}, got {got}",
        name = quoted(.name), got = quoted(.got)
    )]
    FeatureType {
        /// The record.
        place: RecordPlace,
        /// The feature.
        name: String,
        /// What was asked for.
        expected: &'static str,
        /// What is there.
        got: String,
    },
    /// A feature has another number of values than its shape allows.
    #[error(
        "{place}: feature {name}: expected {expected} values, got {got}",
        name = quoted(.name), expected = quoted(.expected)
    )]
    ValueCount {
        /// The record.
        place: RecordPlace,
        /// The feature.
        name: String,
        /// A number, or `a multiple of` one.
        expected: String,
        /// What is there.
        got: usize,
    },
    /// A label does not lie in `0..classes`.
    #[error("{place}: label out of range: expected 0..{classes}, got {got}")]
    Label {
        /// The record.
        place: RecordPlace,
        /// Number of classes.
        classes: usize,
        /// The stored label.
        got: i64,
    },
    /// A label rule of the catalogue has no class for an example.
    #[error(
        "{place}: label by {rule}: expected one of its classes, got {got}",
        rule = quoted(.rule), got = quoted(.got)
    )]
    NoClass {
        /// The record.
        place: RecordPlace,
        /// The rule, in words.
        rule: String,
        /// What it finds.
        got: String,
    },
    /// Examples are asked for that the split does not have.
    #[error(
        "split {split}: expected examples in 0..{len}, got {start}..{end}",
        split = quoted(.split)
    )]
    Range {
        /// The split.
        split: String,
        /// Its number of examples.
        len: usize,
        /// First asked for.
        start: usize,
        /// One past the last asked for.
        end: usize,
    },
}
