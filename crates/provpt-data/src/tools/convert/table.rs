//! A task as Parquet files.

use std::path::Path;

use parquet::errors::ParquetError;
use rayon::prelude::*;

use super::item::{Encoded, Encoding, encode, file_name};
use super::writer::{ParquetWriter, Row};
use crate::{Error, Split, Task};

/// Rows of a row group, as `datasets` writes images.
const ROWS: usize = 100;
/// Images encoded at a time, and bytes after which a row group ends early.
const CHUNK: usize = 16;
const BYTES: usize = 64 << 20;

/// Writes `SPLIT-00000-of-00001.parquet` for each split.
pub(super) fn write(
    task: &Task,
    encoding: Encoding,
    folder: &Path,
    tick: &(dyn Fn() + Sync),
) -> Result<(), Error> {
    for (name, split) in task.parts() {
        let name = if name == "val" { "validation" } else { name };
        let path = folder.join(format!("{name}-00000-of-00001.parquet"));
        let failed = |error: ParquetError| {
            let cause = error.to_string().lines().collect::<Vec<_>>().join(" ");
            Error::WriteParquet { path: path.clone(), cause }
        };
        let file = fs_err::File::create_new(&path)?;
        let mut writer = ParquetWriter::new(file, &task.classes).map_err(failed)?;
        for_each_group(split, encoding, tick, |rows| writer.group(rows).map_err(failed))?;
        writer.finish().map_err(failed)?;
    }
    Ok(())
}

fn for_each_group(
    split: &Split,
    encoding: Encoding,
    tick: &(dyn Fn() + Sync),
    mut write: impl FnMut(Vec<Row>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut group: Vec<Row> = Vec::new();
    let mut held = 0;
    let mut start = 0;
    while start < split.len() {
        let end = split.len().min(start + CHUNK.min(ROWS - group.len()));
        let encoded: Vec<Result<Encoded, Error>> = (start..end)
            .into_par_iter()
            .map(|index| encode(split, index, encoding).inspect(|_| tick()))
            .collect();
        for (index, encoded) in (start..end).zip(encoded) {
            let Encoded { bytes, extension } = encoded?;
            held += bytes.len();
            let path = file_name(&split.names()[index], extension);
            group.push(Row { bytes, path, label: split.labels()[index] });
        }
        start = end;
        if group.len() == ROWS || held >= BYTES || start == split.len() {
            write(std::mem::take(&mut group))?;
            held = 0;
        }
    }
    Ok(())
}
