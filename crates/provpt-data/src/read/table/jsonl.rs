//! JSON lines: an object per line.

use std::path::Path;

use serde_json::{Map, Value};

use super::{Columns, Entry, Table, malformed};
use crate::Error;
use crate::read::label::Label;
use crate::read::rows::Row;
use crate::read::text;

const EXPECTED: &str = "an object with path (or file_name, ...) and label (or class, target, ...)";

/// Whether the first line is an object with both.
pub(super) fn is_labelled(path: &Path) -> bool {
    text::first_line(path).is_some_and(|line| entry(&line, 1).is_ok())
}

pub(super) fn read(path: &Path) -> Result<Table, Error> {
    let text = text::read(path)?;
    let mut table = Table::default();
    let mut lacking = 0;
    for (line, text) in (1..).zip(text.lines()) {
        if text.trim().is_empty() {
            continue;
        }
        match entry(text, line) {
            Ok(entry) => table.entries.push(entry),
            Err(expected) => {
                lacking += usize::from(lacks_label(text));
                table.problems.push(malformed(path, line, expected, text));
            }
        }
    }
    Ok(table.unlabelled_if(lacking))
}

/// Whether an object has a path, and no label but null.
fn lacks_label(text: &str) -> bool {
    let object: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
    let filled = object.iter().filter(|(_, value)| !value.is_null());
    Columns::lack_labels(filled.map(|(name, _)| name.as_str()))
}

fn entry(text: &str, line: usize) -> Result<Entry, &'static str> {
    let object: Map<String, Value> = serde_json::from_str(text).map_err(|_| EXPECTED)?;
    let columns = Columns::of(object.keys().map(String::as_str)).ok_or(EXPECTED)?;
    let value = |at: usize| object.values().nth(at).unwrap_or(&Value::Null);
    let text = |at: usize| value(at).as_str().filter(|text| !text.is_empty());
    let path = text(columns.path).ok_or("a path that is text")?.to_owned();
    let label = Label::of_json(value(columns.label))
        .ok_or("a label that is text, a whole number, true or false")?;
    let split = match columns.split {
        Some(at) => Some(text(at).ok_or("a split that is text")?.to_owned()),
        None => None,
    };
    Ok(Entry { row: Row { path, label, line }, split })
}
