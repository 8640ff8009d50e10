//! Lists of paths and labels, however they were written, made into a task's files.

use std::path::{Path, PathBuf};

use crate::Error;
use crate::read::forms::{composed, decomposed};
use crate::read::found::Found;
use crate::read::label::{Label, agree};
use crate::read::labels::{Classes, Known, Numbers};
use crate::source::Item;
use crate::spec::MAX_CLASSES;

/// An entry of a list.
#[derive(Debug)]
pub(crate) struct Row {
    /// As the list has it.
    pub(crate) path: String,
    pub(crate) label: Label,
    /// Line, or number of the entry in a JSON object; counted from 1.
    pub(crate) line: usize,
}

/// A list, or the part of one that belongs to a split.
#[derive(Debug, Default)]
pub(crate) struct List {
    /// The file.
    pub(crate) path: PathBuf,
    pub(crate) rows: Vec<Row>,
}

/// The lists of a task.
#[derive(Debug)]
pub(crate) struct Lists {
    pub(crate) train: List,
    pub(crate) val: Option<List>,
    pub(crate) test: Option<List>,
    /// Whether `val` is trained on, too, so that its labels are classes as well.
    pub(crate) val_is_learned: bool,
}

impl Lists {
    /// The files that they are.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        let lists = [Some(&self.train), self.val.as_ref(), self.test.as_ref()];
        lists.into_iter().flatten().map(|list| list.path.clone()).collect()
    }

    /// Settles the classes by the training list, and looks where the images are: `locate` turns a
    /// list and a path as the list has it into a file, if there is one. Rows that cannot be used
    /// join the `problems` of reading.
    ///
    /// # Errors
    /// [`Error::ClassCount`].
    pub(crate) fn resolve(
        mut self,
        numbers: Numbers,
        known: Known,
        locate: impl Fn(&Path, &str) -> Option<PathBuf>,
        mut problems: Vec<Error>,
    ) -> Result<Found, Error> {
        let lists = [Some(&mut self.train), self.val.as_mut(), self.test.as_mut()];
        let rows = lists.into_iter().flatten().flat_map(|list| &mut list.rows);
        let names = known.names.as_ref().map_or(&[][..], |(_, names)| names);
        let mut remarks = Vec::from_iter(agree(rows.map(|row| &mut row.label), names));
        let val = self.val.iter().filter(|_| self.val_is_learned);
        let learned = [&self.train].into_iter().chain(val).flat_map(|list| &list.rows);
        let train = learned.map(|row| &row.label);
        let classes = Classes::settle(train, numbers, known, &self.train.path)?;
        remarks.extend(classes.misleading());
        let mut items = |list: List, split| {
            if list.rows.is_empty() {
                problems.push(Error::EmptySplit { split, path: list.path.clone() });
            }
            items(list, &classes, &locate, &mut problems)
        };
        let train = items(self.train, "train");
        let val = self.val.map(|list| items(list, "val"));
        let test = self.test.map(|list| items(list, "test"));
        Ok(Found {
            counted: classes.are_counted(),
            classes: classes.names,
            train,
            val,
            test,
            problems,
            remarks,
            ..Found::default()
        })
    }
}

fn items(
    list: List,
    classes: &Classes,
    locate: impl Fn(&Path, &str) -> Option<PathBuf>,
    problems: &mut Vec<Error>,
) -> Vec<Item> {
    let mut items = Vec::new();
    for row in list.rows {
        let (path, line) = (list.path.clone(), row.line);
        match (classes.index(&row.label), locate(&list.path, &row.path)) {
            (Some(class), Some(file)) => items.push(Item::file(file, class)),
            (None, _) => problems.push(unknown(path, line, row.label, classes)),
            (_, None) => problems.push(Error::MissingImage { list: path, line, path: row.path }),
        }
    }
    items
}

fn unknown(list: PathBuf, line: usize, label: Label, classes: &Classes) -> Error {
    match label {
        Label::Number(got) if classes.are_numbers() => {
            // A label that no data set has says nothing about how many classes there are.
            let huge = usize::try_from(got).is_ok_and(|got| got >= MAX_CLASSES);
            let classes = if huge { MAX_CLASSES } else { classes.names.len() };
            Error::Label { list, line, classes, got }
        }
        label => Error::UnknownLabel { list, line, of: classes.of(), got: label.to_string() },
    }
}

/// A file named relative to one of the folders, or absolutely.
pub(crate) fn locate(folders: &[PathBuf], path: &str) -> Option<PathBuf> {
    let find = |path: &str| folders.iter().map(|folder| folder.join(path)).find(|p| p.is_file());
    find(path).or_else(|| other_spellings(path).iter().find_map(|path| find(path)))
}

/// The same path as another system writes it: Windows with backslashes, macOS with marks apart from
/// their letters.
fn other_spellings(path: &str) -> Vec<String> {
    let slashes = path.replace('\\', "/");
    let mut spellings = vec![composed(&slashes), decomposed(&slashes), slashes];
    spellings.retain(|spelling| spelling != path);
    spellings
}
