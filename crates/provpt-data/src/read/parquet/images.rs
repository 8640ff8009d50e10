//! Encoded images by index, read when they are needed.
//!
//! A place in a row group is reached by going forward through its pages, so readers are kept where
//! they stopped: one thread that takes images in order decodes every page once. Each kept reader
//! holds one page.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::ByteArrayType;
use parquet::errors::{ParquetError as Cause, Result};

use provpt_image::decode_bytes;

use super::ParquetError;
use super::columns::Columns;
use super::shard::Shard;
use crate::source::Store;
use crate::{Decoding, Error, Image};

/// The rows of a split in the order of its shards.
pub(super) struct Images {
    shards: Vec<(Shard, Columns)>,
    groups: Vec<Group>,
    readers: Mutex<Vec<Reader>>,
}

impl std::fmt::Debug for Images {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Images").field("shards", &self.shards.len()).finish_non_exhaustive()
    }
}

/// A row group.
struct Group {
    /// Index of its first row in the split.
    first: usize,
    /// Number of its first row in the shard.
    first_in_shard: usize,
    shard: usize,
    group: usize,
}

/// A column reader, and the row of the group it comes to next.
struct Reader {
    group: usize,
    row: usize,
    column: ColumnReaderImpl<ByteArrayType>,
}

/// Where a row is.
struct Place<'a> {
    shard: &'a Shard,
    columns: &'a Columns,
    /// In `Images::groups`.
    group: usize,
    /// In the row group.
    row: usize,
    /// In the shard.
    row_in_shard: usize,
}

impl Images {
    pub(super) fn new(shards: Vec<(Shard, Columns)>) -> Self {
        let mut groups = Vec::new();
        let mut first = 0;
        for (i, (shard, _)) in shards.iter().enumerate() {
            let before = first;
            for group in 0..shard.groups() {
                groups.push(Group { first, first_in_shard: first - before, shard: i, group });
                first += shard.rows(group);
            }
        }
        Self { shards, groups, readers: Mutex::default() }
    }

    fn place(&self, index: usize) -> Place<'_> {
        // The last group that starts at or before the row: empty groups have no rows.
        let group = self.groups.partition_point(|group| group.first <= index) - 1;
        let Group { first, first_in_shard, shard, .. } = self.groups[group];
        let (shard, columns) = &self.shards[shard];
        let row = index - first;
        Place { shard, columns, group, row, row_in_shard: first_in_shard + row }
    }

    /// `SHARD#ROW`, rows counted from 0.
    pub(super) fn name(&self, index: usize) -> String {
        let (path, row) = self.origin(index);
        format!("{}#{row}", path.display())
    }

    /// The encoded image of a row: its bytes, or else the file that its path names beside the
    /// shard.
    fn bytes(&self, index: usize) -> std::result::Result<Vec<u8>, ParquetError> {
        let place = self.place(index);
        let mut reader = self.take(&place)?;
        let bytes = place.shard.guarded(|| reader.read(place.row))?;
        self.put_back(reader);
        match bytes {
            Some(bytes) => Ok(bytes),
            None => self.file(&place),
        }
    }

    /// Of the kept readers the one that is closest before the row, else a new one.
    fn take(&self, place: &Place<'_>) -> std::result::Result<Reader, ParquetError> {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let before = |reader: &Reader| reader.group == place.group && reader.row <= place.row;
        let found = readers.iter().enumerate().filter(|(_, reader)| before(reader));
        if let Some((at, _)) = found.max_by_key(|(_, reader)| reader.row) {
            return Ok(readers.remove(at));
        }
        drop(readers);
        self.open(place, place.columns.image)
    }

    fn open(&self, place: &Place<'_>, column: usize) -> std::result::Result<Reader, ParquetError> {
        let group = self.groups[place.group].group;
        let column = place.shard.guarded(|| match place.shard.column(group, column)? {
            ColumnReader::ByteArrayColumnReader(column) => Ok(column),
            _ => Err(Cause::General("image column: expected binary values".to_owned())),
        })?;
        Ok(Reader { group: place.group, row: 0, column })
    }

    /// Keeps as many readers as there are threads; the longest unused goes first.
    fn put_back(&self, reader: Reader) {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() >= rayon::current_num_threads() {
            readers.remove(0);
        }
        readers.push(reader);
    }

    /// For a row without bytes.
    fn file(&self, place: &Place<'_>) -> std::result::Result<Vec<u8>, ParquetError> {
        let path = match place.columns.path {
            Some(column) => {
                let mut reader = self.open(place, column)?;
                place.shard.guarded(|| reader.read(place.row))?
            }
            None => None,
        };
        let path = path.map(|path| String::from_utf8_lossy(&path).into_owned());
        let folder = place.shard.path.parent();
        let file = folder.zip(path.as_ref()).map(|(folder, path)| folder.join(path));
        match file.filter(|file| file.is_file()) {
            Some(file) => Ok(fs_err::read(file)?),
            None => Err(ParquetError::NoImage {
                path: place.shard.path.clone(),
                row: place.row_in_shard,
                got: path.unwrap_or_else(|| "null".to_owned()),
            }),
        }
    }
}

impl Store for Images {
    fn image(&self, index: usize) -> std::result::Result<Image, Error> {
        let name = self.name(index);
        Ok(decode_bytes(&self.bytes(index)?, Path::new(&name), Decoding::default())?)
    }

    fn encoded(&self, index: usize) -> std::result::Result<Vec<u8>, Error> {
        Ok(self.bytes(index)?)
    }

    fn origin(&self, index: usize) -> (&Path, u64) {
        let place = self.place(index);
        (&place.shard.path, place.row_in_shard as u64)
    }
}

impl Reader {
    /// The value of a row at or after the one it comes to next; none where null.
    fn read(&mut self, row: usize) -> Result<Option<Vec<u8>>> {
        let ends = |got: usize| Cause::EOF(format!("image column: expected row {row}, got {got}"));
        let ahead = row - self.row;
        let skipped = self.column.skip_records(ahead)?;
        if skipped != ahead {
            return Err(ends(self.row + skipped));
        }
        let (mut values, mut levels) = (Vec::new(), Vec::new());
        let (got, ..) = self.column.read_records(1, Some(&mut levels), None, &mut values)?;
        if got != 1 {
            return Err(ends(row));
        }
        self.row = row + 1;
        let value = values.pop();
        Ok(value.map(|value| value.data().to_vec()))
    }
}
