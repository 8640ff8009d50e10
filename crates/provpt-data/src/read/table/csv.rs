//! Values separated by commas, tabs or semicolons (RFC 4180), with a header.

use std::path::Path;

use csv::{ByteRecord, Reader, ReaderBuilder};
use fs_err::File;

use super::{Columns, Entry, Table, malformed};
use crate::Error;
use crate::read::labels::Label;
use crate::read::rows::Row;

const SEPARATORS: [u8; 3] = [b',', b'\t', b';'];

/// Which character separates, and where the columns are: the first separator by which the header
/// has them.
pub(super) fn columns(path: &Path) -> Result<(u8, Columns), Error> {
    for separator in SEPARATORS {
        let header = open(path, separator)?.byte_headers().cloned().map_err(|e| other(path, &e))?;
        let names = header.iter().map(|name| std::str::from_utf8(name).unwrap_or_default());
        if let Some(columns) = Columns::of(names) {
            return Ok((separator, columns));
        }
    }
    let header = open(path, b'\0')?.byte_headers().cloned().map_err(|e| other(path, &e))?;
    let header = String::from_utf8_lossy(header.get(0).unwrap_or_default()).into_owned();
    Err(malformed(path, 1, Columns::EXPECTED, &header))
}

pub(super) fn read(path: &Path) -> Result<Table, Error> {
    let (separator, columns) = columns(path)?;
    let mut table = Table::default();
    for record in open(path, separator)?.byte_records() {
        let record = record.map_err(|e| other(path, &e))?;
        let line = record.position().map_or(0, |position| position.line() as usize);
        match entry(&record, columns, line) {
            Some(entry) => table.entries.push(entry),
            None => {
                let fields: Vec<_> = record.iter().map(String::from_utf8_lossy).collect();
                table.problems.push(malformed(path, line, "a path and a label", &fields.join(",")));
            }
        }
    }
    Ok(table)
}

fn open(path: &Path, separator: u8) -> Result<Reader<File>, Error> {
    let file = File::open(path)?;
    Ok(ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(file))
}

fn entry(record: &ByteRecord, columns: Columns, line: usize) -> Option<Entry> {
    let field = |at| Some(std::str::from_utf8(record.get(at)?).ok()?.trim());
    let filled = |at| field(at).filter(|text| !text.is_empty());
    let (path, label) = (filled(columns.path)?.to_owned(), filled(columns.label)?.to_owned());
    let split = match columns.split {
        Some(at) => Some(field(at)?.to_owned()),
        None => None,
    };
    Some(Entry { row: Row { path, label: Label::Name(label), line }, split })
}

/// Reading fails; nothing else is left with flexible records of bytes.
fn other(path: &Path, cause: &csv::Error) -> Error {
    Error::MalformedList {
        list: path.to_owned(),
        expected: Columns::EXPECTED,
        cause: cause.to_string(),
    }
}
