//! TFRecord files: the data's length (u64), its checksum, the data, their checksum (u32); little
//! endian. <https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details>

use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

use fs_err::File;

use super::{RecordPlace, TfdsError};

const HEADER: u64 = 12;
const FOOTER: u64 = 4;
/// No example of one image is nearly as long; what is longer is never read into memory.
const MAX_DATA: u32 = 256 << 20;

/// Where a record starts, and how many bytes of data it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) offset: u64,
    data: u32,
}

/// Finds the records of a shard by their headers. The data are skipped unchecked: see [`read`].
pub(super) fn index(path: &Path) -> Result<Vec<Entry>, TfdsError> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut file = BufReader::new(file);
    let (mut entries, mut offset) = (Vec::new(), 0);
    while offset < size {
        let place = || RecordPlace { shard: path.to_owned(), offset };
        let left = size - offset;
        enough(HEADER + FOOTER, left, place)?;
        let data = length(&mut file, place)?;
        enough(data.saturating_add(HEADER + FOOTER), left, place)?;
        let data = u32::try_from(data).ok().filter(|&data| data <= MAX_DATA).ok_or_else(|| {
            TfdsError::TooLong { place: place(), max: MAX_DATA.into(), got: data }
        })?;
        entries.push(Entry { offset, data });
        file.seek_relative(i64::from(data) + FOOTER as i64)?;
        offset += HEADER + u64::from(data) + FOOTER;
    }
    Ok(entries)
}

/// The data of one record, checked.
pub(super) fn read(path: &Path, entry: Entry) -> Result<Vec<u8>, TfdsError> {
    let place = || RecordPlace { shard: path.to_owned(), offset: entry.offset };
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(entry.offset))?;
    let (expected, got) = (u64::from(entry.data), length(&mut file, place)?);
    if got != expected {
        return Err(TfdsError::Changed { place: place(), expected, got });
    }
    let mut data = Vec::new();
    let rest = expected + FOOTER;
    data.try_reserve_exact(rest as usize).map_err(|_| io::Error::from(ErrorKind::OutOfMemory))?;
    file.take(rest).read_to_end(&mut data)?;
    enough(HEADER + rest, HEADER + data.len() as u64, place)?;
    let footer = data.split_off(entry.data as usize);
    let stored = footer.try_into().map(u32::from_le_bytes).unwrap_or_default();
    check("data", &data, stored, place)?;
    Ok(data)
}

/// Reads and checks a header.
fn length(file: &mut impl Read, place: impl Fn() -> RecordPlace) -> Result<u64, TfdsError> {
    let (mut length, mut stored) = ([0; 8], [0; 4]);
    for part in [&mut length[..], &mut stored] {
        file.read_exact(part).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => truncated(HEADER + FOOTER, 0, &place),
            _ => error.into(),
        })?;
    }
    check("length", &length, u32::from_le_bytes(stored), place)?;
    Ok(u64::from_le_bytes(length))
}

fn enough(expected: u64, got: u64, place: impl Fn() -> RecordPlace) -> Result<(), TfdsError> {
    if got < expected { Err(truncated(expected, got, place)) } else { Ok(()) }
}

fn truncated(expected: u64, got: u64, place: impl Fn() -> RecordPlace) -> TfdsError {
    TfdsError::Truncated { place: place(), expected, got }
}

fn check(
    what: &'static str,
    bytes: &[u8],
    got: u32,
    place: impl Fn() -> RecordPlace,
) -> Result<(), TfdsError> {
    let expected = masked(bytes);
    if got == expected {
        return Ok(());
    }
    Err(TfdsError::Checksum { place: place(), what, expected, got })
}

/// CRC32C, rotated and shifted, so that the checksum of data that hold checksums is not trivial.
pub(super) fn masked(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}
