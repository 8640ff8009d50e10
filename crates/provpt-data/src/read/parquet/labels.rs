//! The label column, read whole: a number or a short text per row.

use std::path::Path;

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::Result;

use super::ParquetError;
use super::shard::Shard;
use crate::read::labels::Label;

/// Rows at a time, so that memory follows what is there and not what a header says.
const BATCH: usize = 4096;

/// The label of each row.
pub(super) fn read(shard: &Shard, column: usize) -> std::result::Result<Vec<Label>, ParquetError> {
    let mut labels = Vec::new();
    for group in 0..shard.groups() {
        let found = shard.guarded(|| values(shard.column(group, column)?, shard.rows(group)))?;
        let first = labels.len();
        if let Some(row) = found.iter().position(Option::is_none) {
            return Err(missing(&shard.path, first + row));
        }
        if found.len() != shard.rows(group) {
            let (expected, got) = (shard.rows(group), found.len());
            let cause = format!("label column: expected {expected} rows, got {got}");
            return Err(ParquetError::Damaged { path: shard.path.clone(), cause });
        }
        labels.extend(found.into_iter().flatten());
    }
    Ok(labels)
}

fn missing(path: &Path, row: usize) -> ParquetError {
    let (expected, got) = ("a class".to_owned(), "null".to_owned());
    ParquetError::Label { path: path.to_owned(), row, expected, got }
}

fn values(reader: ColumnReader, rows: usize) -> Result<Vec<Option<Label>>> {
    let number = |number: i64| Ok(Label::Number(number));
    match reader {
        ColumnReader::BoolColumnReader(r) => all(r, rows, |&yes| number(i64::from(yes))),
        ColumnReader::Int32ColumnReader(r) => all(r, rows, |&n| number(i64::from(n))),
        ColumnReader::Int64ColumnReader(r) => all(r, rows, |&n| number(n)),
        ColumnReader::ByteArrayColumnReader(r) => {
            all(r, rows, |text: &ByteArray| Ok(Label::Name(text.as_utf8()?.to_owned())))
        }
        _ => Ok(Vec::new()),
    }
}

/// At most `rows` values, none where null.
fn all<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    rows: usize,
    label: impl Fn(&T::T) -> Result<Label>,
) -> Result<Vec<Option<Label>>> {
    let mut labels = Vec::new();
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    while labels.len() < rows {
        values.clear();
        levels.clear();
        let batch = BATCH.min(rows - labels.len());
        let (got, ..) = reader.read_records(batch, Some(&mut levels), None, &mut values)?;
        if got == 0 {
            break;
        }
        // A required column has no levels.
        let mut values = values.iter();
        for row in 0..got {
            let there = levels.get(row).is_none_or(|&level| level > 0);
            let value = there.then(|| values.next()).flatten();
            labels.push(value.map(&label).transpose()?);
        }
    }
    Ok(labels)
}
