//! JSON lines: an object per line.

use std::path::Path;

use serde_json::{Map, Value};

use super::{Columns, Entry, Table, malformed};
use crate::Error;
use crate::read::labels::Label;
use crate::read::rows::Row;
use crate::read::text;

const EXPECTED: &str = "an object with path (or file_name, ...) and label (or class, target, ...)";

/// Whether the first line is an object with both.
pub(super) fn is_labelled(path: &Path) -> bool {
    let Ok(text) = text::read(path) else { return false };
    text.lines().find(|line| !line.trim().is_empty()).is_some_and(|line| entry(line, 1).is_some())
}

pub(super) fn read(path: &Path) -> Result<Table, Error> {
    let text = text::read(path)?;
    let mut table = Table::default();
    for (line, text) in (1..).zip(text.lines()) {
        if text.trim().is_empty() {
            continue;
        }
        match entry(text, line) {
            Some(entry) => table.entries.push(entry),
            None => table.problems.push(malformed(path, line, EXPECTED, text)),
        }
    }
    Ok(table)
}

fn entry(text: &str, line: usize) -> Option<Entry> {
    let object: Map<String, Value> = serde_json::from_str(text).ok()?;
    let columns = Columns::of(object.keys().map(String::as_str))?;
    let value = |at: usize| object.values().nth(at);
    let path = value(columns.path)?.as_str().filter(|path| !path.is_empty())?.to_owned();
    let label = match value(columns.label)? {
        Value::Number(number) => Label::Number(number.as_i64()?),
        Value::Bool(yes) => Label::Number(i64::from(*yes)),
        Value::String(name) if !name.trim().is_empty() => Label::Name(name.trim().to_owned()),
        _ => return None,
    };
    let split = match columns.split.and_then(value) {
        Some(split) => Some(split.as_str()?.to_owned()),
        None => None,
    };
    Some(Entry { row: Row { path, label, line }, split })
}
