//! What can go wrong, from a task's name to a batch.

mod parquet;
mod tfds;

use std::path::PathBuf;

use provpt_base::quoted;
use provpt_image::Error as ImageError;

use crate::left_out::LeftOut;

pub use parquet::ParquetError;
pub use tfds::{RecordPlace, TfdsError};

/// Everything that can go wrong between a task's name and a batch. Messages are one line; those
/// about a file start with its path, those about a list with `path:line`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be read; the message names it.
    #[error("{}", quoted(&.0.to_string()))]
    Io(#[from] std::io::Error),

    /// An image could not be decoded, encoded or prepared.
    #[error(transparent)]
    Image(#[from] ImageError),

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
        "{path}: {split} split: expected one list or folder, got {got}",
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

    /// A label is no class.
    #[error(
        "{list}:{line}: unknown class: expected a class of {of}, got {got}",
        list = quoted(.list), got = quoted(.got)
    )]
    UnknownLabel {
        /// The list.
        list: PathBuf,
        /// Counted from 1; of a JSON object, the number of the entry.
        line: usize,
        /// What says which classes there are.
        of: &'static str,
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
    #[error(
        "{path}: empty class: expected at least one image, got none{}",
        aside(.left_out), path = quoted(.path)
    )]
    EmptyClass {
        /// The class folder.
        path: PathBuf,
        /// Files in it that are no images that can be read.
        left_out: LeftOut,
    },
    /// There is one class only, so that there is nothing to learn.
    #[error("{what}: classes: expected at least two, got {got}", what = quoted(.what), got = quoted(.got))]
    OneClass {
        /// The file, folder or generated task.
        what: String,
        /// The class; of a folder, what is in it, too.
        got: String,
    },
    /// Two classes have the same name, so that one of them cannot be meant.
    #[error(
        "{what}: class names: expected each once, got {name} twice",
        what = quoted(.what), name = quoted(.name)
    )]
    SameClass {
        /// Where the names stand.
        what: String,
        /// The name.
        name: String,
    },
    /// `labels.txt` says other classes than the data beside it.
    #[error(
        "{path}: class {class}: expected {expected} as {by} has it, got {got}",
        path = quoted(.path), by = quoted(.by), expected = quoted(.expected), got = quoted(.got)
    )]
    OtherClasses {
        /// `labels.txt`.
        path: PathBuf,
        /// Counted from 0.
        class: usize,
        /// Its name in the data.
        expected: String,
        /// What the data are.
        by: String,
        /// Its name in `labels.txt`.
        got: String,
    },
    /// A link leads nowhere, or in circles.
    #[error("{path}: link: expected a file or a folder, got {got}", path = quoted(.path), got = quoted(.got))]
    Link {
        /// The link.
        path: PathBuf,
        /// Where it leads.
        got: String,
    },
    /// A file of text is in an unknown encoding.
    #[error("{path}:{line}: text: expected UTF-8 or UTF-16, got {got}", path = quoted(.path))]
    Encoding {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// The first byte that is neither.
        got: String,
    },
    /// What is written would lie among what is read.
    #[error(
        "{output}: output: expected a place outside of the data, got one in {input}",
        output = quoted(.output), input = quoted(.input)
    )]
    OutputInData {
        /// Where it should go.
        output: PathBuf,
        /// The task's folder.
        input: PathBuf,
    },
    /// Another split has a class that the training split lacks.
    #[error(
        "{path}: unknown class: expected a class of {of}, got {class}",
        path = quoted(.path), class = quoted(.class)
    )]
    UnknownClass {
        /// The class folder.
        path: PathBuf,
        /// Its name.
        class: String,
        /// What says which classes there are.
        of: &'static str,
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
    /// What is asked for was left out when this library was built.
    #[error(
        "{what}: expected a build with the feature `{feature}`, got one without it",
        what = quoted(.what)
    )]
    Feature {
        /// What was asked for.
        what: String,
        /// What brings it.
        feature: &'static str,
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

/// What was left out, in brackets.
fn aside(left_out: &LeftOut) -> String {
    if left_out.is_empty() { String::new() } else { format!(" ({left_out})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Found by fuzzing: a list's line with a carriage return in the middle.
    #[test]
    fn errors_quote() {
        let (list, text) = ("l.txt".into(), "{\"c d.png\r\": 7}".to_owned());
        let message = Error::MalformedLine { list, line: 1, text }.to_string();
        let expected = r#"l.txt:1: malformed line: expected `path label`, got `{"c d.png\r": 7}`"#;
        assert_eq!(message, expected);
        let (list, path) = ("l\u{1b}.txt".into(), "a\u{b}.png".to_owned());
        let message = Error::MissingImage { list, line: 2, path }.to_string();
        let expected = r"l\u{1b}.txt:2: missing image: expected a\u{b}.png in the folder or its images/, got none";
        assert_eq!(message, expected);
        let message = TfdsError::Json { path: "i".into(), cause: "a\nb".to_owned() }.to_string();
        assert_eq!(message, r"i: malformed description: a\nb");
        let place = RecordPlace { shard: "s\n".into(), offset: 3 };
        assert_eq!(place.to_string(), r"s\n: record at byte 3");
        let message = ParquetError::Configs { path: "p".into(), found: "a, \u{7}".to_owned() };
        assert_eq!(message.to_string(), r"p: expected one data set, got a, \u{7}");
        let io = Error::from(fs_err::read("no\nsuch").unwrap_err()).to_string();
        assert!(io.contains(r"no\nsuch"), "{io}");
    }
}
