//! Which split an entry belongs to.

use std::path::Path;

use super::{Entry, Table, Tables};
use crate::Error;
use crate::read::rows::{List, Lists};
use crate::read::split_names::SplitName;

/// By the split column; all entries are train's where there is none.
pub(super) fn by_column(path: &Path, table: Table) -> Tables {
    sort(path, table, |_| SplitName::Train)
}

/// By the split column, else by the first folders of the path (`test/1.png`), else train.
pub(super) fn by_column_or_path(path: &Path, table: Table) -> Tables {
    let of_path = |entry: &Entry| {
        let mut folders = Path::new(&entry.row.path).parent()?.iter();
        folders.find_map(|folder| SplitName::of(folder.to_str()?))
    };
    sort(path, table, |entry| of_path(entry).unwrap_or(SplitName::Train))
}

fn sort(path: &Path, table: Table, otherwise: impl Fn(&Entry) -> SplitName) -> Tables {
    let mut lists = [Vec::new(), Vec::new(), Vec::new()];
    let mut problems = table.problems;
    for entry in table.entries {
        let split = match &entry.split {
            Some(name) => SplitName::of(name),
            None => Some(otherwise(&entry)),
        };
        match split {
            Some(split) => lists[split as usize].push(entry.row),
            None => problems.push(Error::UnknownSplit {
                list: path.to_owned(),
                line: entry.row.line,
                got: entry.split.unwrap_or_default(),
            }),
        }
    }
    let list = |rows| List { path: path.to_owned(), rows };
    let some = |rows: Vec<_>| (!rows.is_empty()).then(|| list(rows));
    let [train, val, test] = lists;
    let (train, val, test) = (list(train), some(val), some(test));
    let lists = Lists { train, val, test, val_is_learned: false };
    Tables { lists, problems, remarks: Vec::new() }
}
