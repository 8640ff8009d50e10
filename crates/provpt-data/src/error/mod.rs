//! What can go wrong, from a task's name to a batch.

mod parquet;
mod tfds;

use std::path::PathBuf;

use crate::quoted::quoted;

pub use parquet::ParquetError;
pub use tfds::{RecordPlace, TfdsError};

/// Everything that can go wrong between a task's name and a batch. Messages are one line; those
/// about a file start with its path, those about a list with `path:line`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be read; the message names it.
    #[error("{}", quoted(&.0.to_string()))]
    Io(#[from] std::io::Error),

    /// A tensorflow-datasets folder is not as it should be.
    #[error(transparent)]
    Tfds(#[from] TfdsError),

    /// A Parquet data set is not as it should be.
    #[error(transparent)]
    Parquet(#[from] ParquetError),

    /// The name is not a generated task's, and no folder was given.
    #[error(
        "task {name}: expected a folder, or one of {generated}, got no path",
        name = quoted(.name), generated = quoted(.generated)
    )]
    NoPath {
        /// The task's name.
        name: String,
        /// The names that need no path, separated by commas.
        generated: String,
    },
    /// The task is a file that is neither a table nor Parquet.
    #[error(
        "{path}: kind of file: expected a folder, or a .csv, .tsv, .jsonl, .ndjson or .parquet \
         file, got another",
        path = quoted(.path)
    )]
    FileKind {
        /// The file.
        path: PathBuf,
    },
    /// The task's folder does not exist.
    #[error("{path}: missing folder: expected a folder, got none", path = quoted(.path))]
    MissingFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The folder has none of the layouts that [`open`](crate::open) knows.
    #[error(
        "{path}: unknown layout: expected train800.txt, train800val200.txt, a tensorflow-datasets \
         folder, train.json, train.csv (.tsv, .jsonl), metadata.csv or .jsonl with labels, Parquet \
         files, or train/CLASS/ or CLASS/ with images, got none of them",
        path = quoted(.path)
    )]
    Layout {
        /// The folder.
        path: PathBuf,
    },
    /// Several files claim to be one split.
    #[error(
        "{path}: {split} split: expected one list, got {got}",
        path = quoted(.path), got = quoted(.got)
    )]
    Several {
        /// The folder.
        path: PathBuf,
        /// `train`, `val` or `test`.
        split: &'static str,
        /// The files, separated by commas.
        got: String,
    },
    /// A share of the training images is asked for, and the task has no lists of shares.
    #[error("{path}: percentage: expected 1 for this layout, got {got}", path = quoted(.path))]
    Percentage {
        /// The task's folder or file.
        path: PathBuf,
        /// What was asked for.
        got: f64,
    },
    /// A train list is needed for the asked split.
    #[error("{path}: missing list: expected a file, got none", path = quoted(.path))]
    MissingList {
        /// The list.
        path: PathBuf,
    },

    /// A line of a list is not `path label`.
    #[error(
        "{list}:{line}: malformed line: expected `path label`, got `{text}`",
        list = quoted(.list), text = quoted(.text)
    )]
    MalformedLine {
        /// The list.
        list: PathBuf,
        /// Counted from 1.
        line: usize,
        /// The line, shortened.
        text: String,
    },
    /// A list is not written the way its name says.
    #[error(
        "{list}: malformed list: expected {expected}, got {cause}",
        list = quoted(.list), cause = quoted(.cause)
    )]
    MalformedList {
        /// The list.
        list: PathBuf,
        /// What it should hold.
        expected: &'static str,
        /// What the parser said.
        cause: String,
    },
    /// A row of a table lacks something.
    #[error(
        "{list}:{line}: malformed row: expected {expected}, got `{text}`",
        list = quoted(.list), text = quoted(.text)
    )]
    MalformedRow {
        /// The table.
        list: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What it should hold.
        expected: &'static str,
        /// The row, shortened.
        text: String,
    },
    /// A row of a table belongs to no known split.
    #[error(
        "{list}:{line}: split: expected train, val or test, got `{got}`",
        list = quoted(.list), got = quoted(.got)
    )]
    UnknownSplit {
        /// The table.
        list: PathBuf,
        /// Counted from 1.
        line: usize,
        /// The split as the table has it.
        got: String,
    },
    /// A line of a list names an image that is not there.
    #[error(
        "{list}:{line}: missing image: expected {path} in the folder or its images/, got none",
        list = quoted(.list), path = quoted(.path)
    )]
    MissingImage {
        /// The list.
        list: PathBuf,
        /// Counted from 1.
        line: usize,
        /// The path as the list has it.
        path: String,
    },
    /// A label does not lie in `0..classes`.
    #[error(
        "{list}:{line}: label out of range: expected 0..{classes}, got {got}",
        list = quoted(.list)
    )]
    Label {
        /// The list.
        list: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Number of classes.
        classes: usize,
        /// The label as the list has it.
        got: i64,
    },

    /// A label is none of the training split's.
    #[error(
        "{list}:{line}: unknown class: expected a class of train, got {got}",
        list = quoted(.list), got = quoted(.got)
    )]
    UnknownLabel {
        /// The list.
        list: PathBuf,
        /// Counted from 1; of a JSON object, the number of the entry.
        line: usize,
        /// The label as the list has it.
        got: String,
    },

    /// A split has no images.
    #[error(
        "{path}: empty {split} split: expected at least one image, got none",
        path = quoted(.path)
    )]
    EmptySplit {
        /// `train`, `val` or `test`.
        split: &'static str,
        /// The list or folder that should hold it.
        path: PathBuf,
    },
    /// A class folder of the training split has no images.
    #[error("{path}: empty class: expected at least one image, got none", path = quoted(.path))]
    EmptyClass {
        /// The class folder.
        path: PathBuf,
    },
    /// Another split has a class that the training split lacks.
    #[error(
        "{path}: unknown class: expected a class of train, got {class}",
        path = quoted(.path), class = quoted(.class)
    )]
    UnknownClass {
        /// The class folder.
        path: PathBuf,
        /// Its name.
        class: String,
    },
    /// The task's number of classes is not the one asked for.
    #[error("{what}: number of classes: expected {expected}, got {got}", what = quoted(.what))]
    ClassCount {
        /// The file, folder or generated task.
        what: String,
        /// What was asked for.
        expected: usize,
        /// What is there.
        got: usize,
    },
    /// The number of classes asked for makes no sense.
    #[error("number of classes: expected 1..={max}, got {got}")]
    NumberClasses {
        /// The most allowed.
        max: usize,
        /// What was asked for.
        got: usize,
    },
    /// The parts to split off leave nothing to train on.
    #[error("val and test fractions: expected each >= 0 and a sum < 1, got {val} and {test}")]
    Fractions {
        /// Share of the images for validation.
        val: f64,
        /// Share of the images for testing.
        test: f64,
    },

    /// A file could not be decoded.
    #[error("{path}: undecodable image: {cause}", path = quoted(.path), cause = quoted(.cause))]
    Undecodable {
        /// The image.
        path: PathBuf,
        /// What the decoder said.
        cause: String,
    },
    /// An image would take too much memory.
    #[error(
        "{path}: image too large: expected at most {max_side} pixels a side, and {max_mib} MiB as \
         stored and as RGB, got {width}x{height} pixels",
        path = quoted(.path)
    )]
    TooLarge {
        /// The image.
        path: PathBuf,
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// Longest side allowed.
        max_side: u32,
        /// Most memory allowed.
        max_mib: u64,
    },
    /// Pixels do not fill an image of the given size.
    #[error("image of {width}x{height}: expected {expected} bytes, at least 3, got {got}")]
    Pixels {
        /// Pixels.
        width: usize,
        /// Pixels.
        height: usize,
        /// width * height * 3.
        expected: usize,
        /// Bytes given.
        got: usize,
    },

    /// An image could not be made a PNG.
    #[error("png: cannot encode: {cause}", cause = quoted(.cause))]
    Png {
        /// What the encoder said.
        cause: String,
    },
    /// A Parquet file could not be written.
    #[error("{path}: cannot write: {cause}", path = quoted(.path), cause = quoted(.cause))]
    WriteParquet {
        /// The file.
        path: PathBuf,
        /// What the writer said.
        cause: String,
    },
    /// Something is where a converted task should go.
    #[error(
        "{path}: output: expected nothing there yet, got a file or folder",
        path = quoted(.path)
    )]
    OutputExists {
        /// Where it should go.
        path: PathBuf,
    },
    /// A class has a name that a list of names, one per line, cannot hold.
    #[error(
        "name of class {class}: expected one line without blanks around it, got \"{name}\"",
        name = quoted(.name)
    )]
    ClassName {
        /// Counted from 0.
        class: usize,
        /// Its name.
        name: String,
    },
    /// The task has no such split to show.
    #[error(
        "split: expected {expected}, got {got}",
        expected = quoted(.expected), got = quoted(.got)
    )]
    NoSuchSplit {
        /// Those it has.
        expected: String,
        /// The one asked for.
        got: String,
    },

    /// The image size asked for makes no sense.
    #[error("image size: expected 1..={max}, got {got}")]
    Size {
        /// The most allowed.
        max: usize,
        /// What was asked for.
        got: usize,
    },
    /// The short side would be smaller than the crop, or absurdly large.
    #[error("short side before the crop: expected {size}..={max}, got {resize}")]
    ShortSide {
        /// Side of the crop.
        size: usize,
        /// The most allowed.
        max: usize,
        /// What was asked for.
        resize: usize,
    },
    /// A batch asks for an image that the split does not have.
    #[error("batch: expected indices below {len}, got {index}")]
    Index {
        /// Images in the split.
        len: usize,
        /// The index asked for.
        index: usize,
    },
    /// Prepared images could not be kept in a file: only a warning, they are prepared anew for each
    /// batch.
    #[error(
        "{path}: cannot keep prepared images: {cause}",
        path = quoted(.path), cause = quoted(.cause)
    )]
    Unkept {
        /// The file, or its folder.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// A word that is none of the choices.
    #[error("{what}: expected {expected}, got {got}", got = quoted(.got))]
    Choice {
        /// What is chosen.
        what: &'static str,
        /// The choices.
        expected: &'static str,
        /// The word.
        got: String,
    },
}
