//! The label column, read whole: a number or a short text per row.

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::Result;

use super::ParquetError;
use super::kind::Kind;
use super::shard::Shard;
use crate::read::label::Label;

/// Rows at a time, so that memory follows what is there and not what a header says.
const BATCH: usize = 4096;

/// The label of each row, none where null.
pub(super) fn read(
    shard: &Shard,
    column: usize,
) -> std::result::Result<Vec<Option<Label>>, ParquetError> {
    let descriptor = shard.metadata.file_metadata().schema_descr().column(column);
    let unsigned = Kind::of(&descriptor) == Kind::Unsigned;
    let mut labels = Vec::new();
    for group in 0..shard.groups() {
        let rows = shard.rows(group);
        let found = shard.guarded(|| values(shard.column(group, column)?, rows, unsigned))?;
        if found.len() != rows {
            let got = found.len();
            let cause = format!("label column: expected {rows} rows, got {got}");
            return Err(ParquetError::Damaged { path: shard.path.clone(), cause });
        }
        if let Some((row, got)) = too_large(&found).filter(|_| unsigned) {
            let (path, row) = (shard.path.clone(), labels.len() + row);
            return Err(ParquetError::Label { path, row, expected: "a class".to_owned(), got });
        }
        labels.extend(found);
    }
    Ok(labels)
}

/// Of unsigned numbers the first that is no number of a class, whatever the classes are.
fn too_large(labels: &[Option<Label>]) -> Option<(usize, String)> {
    labels.iter().enumerate().find_map(|(row, label)| match label {
        Some(Label::Number(number)) if *number < 0 => {
            Some((row, number.cast_unsigned().to_string()))
        }
        _ => None,
    })
}

/// Unsigned numbers of 64 bits come out negative where they are too large.
fn values(reader: ColumnReader, rows: usize, unsigned: bool) -> Result<Vec<Option<Label>>> {
    let number = |number: i64| Ok(Label::Number(number));
    match reader {
        ColumnReader::BoolColumnReader(r) => all(r, rows, |&yes| number(i64::from(yes))),
        ColumnReader::Int32ColumnReader(r) if unsigned => {
            all(r, rows, |&n| number(i64::from(n.cast_unsigned())))
        }
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
