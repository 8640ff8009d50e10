//! Values separated by commas, tabs or semicolons (RFC 4180), with a header.

use std::path::Path;

use csv::{Reader, ReaderBuilder, StringRecord};

use super::{Columns, Entry, Table, malformed};
use crate::Error;
use crate::read::label::Label;
use crate::read::rows::Row;
use crate::read::text;

const SEPARATORS: [u8; 3] = [b',', b'\t', b';'];

/// Which character separates, and where the columns are: the first separator by which the header
/// has them.
fn columns(path: &Path, text: &str) -> Result<(u8, Columns), Error> {
    for separator in SEPARATORS {
        let header = reader(text, separator).headers().cloned().map_err(|e| other(path, &e))?;
        if let Some(columns) = Columns::of(header.iter()) {
            return Ok((separator, columns));
        }
    }
    let header = text.lines().next().unwrap_or_default();
    Err(malformed(path, 1, Columns::EXPECTED, header))
}

/// Whether the header has the columns of a table of labels.
pub(super) fn is_labelled(path: &Path) -> bool {
    text::first_line(path).is_some_and(|header| columns(path, &header).is_ok())
}

pub(super) fn read(path: &Path) -> Result<Table, Error> {
    let text = text::read(path)?;
    let (separator, columns) = match columns(path, &text) {
        Ok(found) => found,
        Err(error) if lacks_labels(&text) => {
            return Ok(Table { unlabelled: Some(error), ..Table::default() });
        }
        Err(error) => return Err(error),
    };
    let mut reader = reader(&text, separator);
    let width = reader.headers().map_err(|e| other(path, &e))?.len();
    let mut table = Table::default();
    let mut lacking = 0;
    for record in reader.records() {
        let record = record.map_err(|e| other(path, &e))?;
        let line = record.position().map_or(0, |position| position.line() as usize);
        match entry(&record, columns, width, line) {
            Ok(entry) => table.entries.push(entry),
            Err(expected) => {
                let is_blank = |at| record.get(at).is_none_or(|text: &str| text.trim().is_empty());
                lacking += usize::from(is_blank(columns.label) && !is_blank(columns.path));
                let fields: Vec<_> = record.iter().collect();
                table.problems.push(malformed(path, line, expected, &fields.join(",")));
            }
        }
    }
    Ok(table.unlabelled_if(lacking))
}

/// Whether a header has paths and no labels by any separator.
fn lacks_labels(text: &str) -> bool {
    SEPARATORS.iter().any(|&separator| {
        let header = reader(text, separator).headers().cloned();
        header.is_ok_and(|header| Columns::lack_labels(header.iter()))
    })
}

fn reader(text: &str, separator: u8) -> Reader<&[u8]> {
    ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(text.as_bytes())
}

/// A row, or what it should have been. One with more fields than the header has holds a separator
/// that nobody quoted, and a field of several lines a quote that nobody closed: what stands in the
/// columns then is not what was meant.
fn entry(
    record: &StringRecord,
    columns: Columns,
    width: usize,
    line: usize,
) -> Result<Entry, &'static str> {
    const NEEDED: &str = "a path and a label";
    if record.iter().skip(width).any(|field| !field.trim().is_empty()) {
        return Err("as many fields as the header has");
    }
    let field = |at| record.get(at).map(str::trim);
    let filled = |at| match field(at).filter(|text| !text.is_empty()) {
        Some(text) if text.contains('\n') => Err("fields of one line"),
        Some(text) => Ok(text.to_owned()),
        None => Err(NEEDED),
    };
    let (path, label) = (filled(columns.path)?, filled(columns.label)?);
    let split = match columns.split {
        Some(at) => Some(field(at).ok_or(NEEDED)?.to_owned()),
        None => None,
    };
    Ok(Entry { row: Row { path, label: Label::Name(label), line }, split })
}

/// Nothing is left that could fail with flexible records of text.
fn other(path: &Path, cause: &csv::Error) -> Error {
    Error::MalformedList {
        list: path.to_owned(),
        expected: Columns::EXPECTED,
        cause: cause.to_string(),
    }
}
