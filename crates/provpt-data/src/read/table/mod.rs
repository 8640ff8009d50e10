//! Tables of path and label: CSV, TSV and JSON lines.
//!
//! A table has a column of paths and one of labels, by any of the names in use ([`Columns`]), and
//! may have one of splits. `train.csv`, `val.csv` and `test.csv` are a task, and so is one table
//! given by its own path. `metadata.csv` or `metadata.jsonl` is as Hugging Face's ImageFolder has
//! it: in the folder, or in `train/`, `validation/` and `test/`, with paths relative to itself.

mod columns;
mod csv;
mod jsonl;
mod layout;
mod splits;

use std::path::Path;

pub(crate) use layout::sign;

use crate::read::found::Found;
use crate::read::labels::{Known, Numbers};
use crate::read::rows::{Lists, Row, locate};
use crate::{Error, TaskSpec};
use columns::Columns;

/// Endings of tables.
const EXTENSIONS: [&str; 4] = ["csv", "tsv", "jsonl", "ndjson"];

/// A row with the split it is said to belong to.
struct Entry {
    row: Row,
    split: Option<String>,
}

/// What is in a file: entries, and lines that are none.
#[derive(Default)]
struct Table {
    entries: Vec<Entry>,
    problems: Vec<Error>,
    /// What is to be said where labels are needed, if there are paths and no labels at all.
    unlabelled: Option<Error>,
}

/// The lists of tables, and what is to be told of them.
struct Tables {
    lists: Lists,
    problems: Vec<Error>,
    remarks: Vec<String>,
}

/// Whether a file is taken for a table.
pub(crate) fn is_table(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    let known = |extension: &str| EXTENSIONS.iter().any(|e| e.eq_ignore_ascii_case(extension));
    extension.is_some_and(known)
}

/// Reads a folder's tables, or the one table that `path` is.
pub(crate) fn find(path: &Path, spec: &TaskSpec) -> Result<Found, Error> {
    let Tables { lists, problems, remarks } = match path.is_file() {
        true => splits::by_column(path, Table::labelled(path)?),
        false => layout::read(path)?,
    };
    let folder = if path.is_file() { parent(path) } else { path };
    let known = Known::beside(folder, spec.number_classes)?;
    let near = |list: &Path, path: &str| {
        let here = parent(list);
        locate(&[here.to_owned(), here.join("images")], path)
    };
    let mut found = lists.resolve(Numbers::AreClasses, known, near, problems)?;
    found.remarks.extend(remarks);
    found.complete(spec, path)
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

impl Table {
    fn read(path: &Path) -> Result<Self, Error> {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
        match extension.to_ascii_lowercase().as_str() {
            "jsonl" | "ndjson" => jsonl::read(path),
            _ => csv::read(path),
        }
    }

    /// The same; one without labels where all that is in it `lack` nothing else.
    fn unlabelled_if(mut self, lack: usize) -> Self {
        if self.entries.is_empty() && lack > 0 && lack == self.problems.len() {
            self.unlabelled = Some(self.problems.remove(0));
        }
        self
    }

    /// A table that must have labels.
    fn labelled(path: &Path) -> Result<Self, Error> {
        let mut table = Self::read(path)?;
        match table.unlabelled.take() {
            // One that has rows says what is wrong with each.
            Some(error) if !table.problems.is_empty() => {
                table.problems.insert(0, error);
                Ok(table)
            }
            Some(error) => Err(error),
            None => Ok(table),
        }
    }

    /// Whether a file has the columns of a table of labels.
    fn is_labelled(path: &Path) -> bool {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
        match extension.to_ascii_lowercase().as_str() {
            "jsonl" | "ndjson" => jsonl::is_labelled(path),
            _ => csv::is_labelled(path),
        }
    }
}

/// A line that is not what it should be, shortened.
fn malformed(list: &Path, line: usize, expected: &'static str, text: &str) -> Error {
    let text = text.chars().take(80).collect();
    Error::MalformedRow { list: list.to_owned(), line, expected, text }
}
