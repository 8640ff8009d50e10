//! One Parquet file: its footer, and readers of its columns.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::column::reader::{ColumnReader, get_column_reader};
use parquet::errors::{ParquetError as Cause, Result};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::{Length, SerializedPageReader};

use super::ParquetError;
use super::bounded::Bounded;
use super::pages::Checked;

/// So many rows are believed of any file.
const BELIEVED: u64 = 1 << 20;

/// A file whose footer has been read.
#[derive(Debug)]
pub(super) struct Shard {
    pub(super) path: PathBuf,
    pub(super) metadata: Arc<ParquetMetaData>,
}

impl Shard {
    pub(super) fn open(path: &Path) -> std::result::Result<Self, ParquetError> {
        super::foreign::refuse(path)?;
        let file = Bounded::footer(path)?;
        let read = || ParquetMetaDataReader::new().parse_and_finish(&file);
        let metadata = Arc::new(guarded(path, read)?);
        let shard = Self { path: path.to_owned(), metadata };
        shard.check_rows(file.len())?;
        Ok(shard)
    }

    /// Every row has an image, and an image mostly a byte at least: so much is believed of a footer,
    /// or a million rows, which equal images and dictionaries may be fewer bytes than.
    fn check_rows(&self, bytes: u64) -> std::result::Result<(), ParquetError> {
        let max = bytes.max(BELIEVED);
        let mut left = max;
        for group in self.metadata.row_groups() {
            let got = group.num_rows();
            left = u64::try_from(got)
                .ok()
                .and_then(|rows| left.checked_sub(rows))
                .ok_or_else(|| ParquetError::Rows { path: self.path.clone(), max, got })?;
        }
        Ok(())
    }

    /// Number of row groups.
    pub(super) fn groups(&self) -> usize {
        self.metadata.num_row_groups()
    }

    /// Rows of a row group.
    pub(super) fn rows(&self, group: usize) -> usize {
        self.metadata.row_group(group).num_rows() as usize // checked on opening
    }

    /// A reader of a leaf column in a row group, at its first row, with a file of its own.
    pub(super) fn column(&self, group: usize, column: usize) -> Result<ColumnReader> {
        let group = self.metadata.row_group(group);
        let chunk = group
            .columns()
            .get(column)
            .ok_or_else(|| Cause::General(format!("row group without column {column}")))?;
        let (file, rows) = (Bounded::pages(&self.path)?, group.num_rows() as usize);
        let pages = SerializedPageReader::new(file, chunk, rows, None)?;
        let pages = Checked { inner: pages, rows, column: chunk.column_descr_ptr() };
        Ok(get_column_reader(chunk.column_descr_ptr(), Box::new(pages)))
    }

    /// See [`guarded`].
    pub(super) fn guarded<T>(
        &self,
        read: impl FnOnce() -> Result<T>,
    ) -> std::result::Result<T, ParquetError> {
        guarded(&self.path, read)
    }
}

/// Runs the decoder, which answers some damaged files with a panic; that becomes an error, too.
/// (Rust prints panics where they arise.)
fn guarded<T>(
    path: &Path,
    read: impl FnOnce() -> Result<T>,
) -> std::result::Result<T, ParquetError> {
    let (cause, supported) = match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(cause)) => (words(&cause), is_supported(&cause)),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            (text.unwrap_or("the decoder gave up").to_owned(), true)
        }
    };
    let cause = cause.split_whitespace().collect::<Vec<_>>().join(" ");
    let path = path.to_owned();
    Err(match supported {
        true => ParquetError::Damaged { path, cause },
        false => ParquetError::Unsupported { path, cause },
    })
}

/// Whether the decoder could have read the file if it were whole.
fn is_supported(cause: &Cause) -> bool {
    let Cause::General(text) = cause else { return !matches!(cause, Cause::NYI(_)) };
    !text.starts_with("Disabled feature at compile time") && !text.contains("encrypted footer")
}

fn words(cause: &Cause) -> String {
    match cause {
        Cause::General(text) | Cause::EOF(text) | Cause::NYI(text) => text.clone(),
        Cause::External(cause) => cause.to_string(),
        other => other.to_string(),
    }
}
