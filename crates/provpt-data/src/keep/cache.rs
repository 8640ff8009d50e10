//! Prepared images in a file that processes share.
//!
//! Such a file is never changed once it has its name, so that it can be mapped, and deleted even
//! while it is in use. It is believed only as far as its checksums go:
//!
//! ```text
//! magic [16]   key [32]   count u64   length of the file u64   checksum of all but itself u32
//! count times: offset u64, width u32, height u32, kind u32, checksum u32
//! pixels
//! ```
//! All numbers are little endian, checksums CRC32C.

use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fs_err::File;
use memmap2::Mmap;
use provpt_image::{Levels, Prepared};
use tempfile::NamedTempFile;

use crate::Image;
use crate::keep::tidy;

const MAGIC: &[u8; 16] = b"provpt pixels 1\n";
const HEADER: usize = 16 + 32 + 8 + 8 + 4;
const ENTRY: usize = 8 + 4 * 4;

/// What a file is made of, hashed.
pub(crate) type Key = [u8; 32];

/// Where the file of a key is.
pub(crate) fn path(folder: &Path, key: &Key) -> PathBuf {
    let name: String = key[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    folder.join(format!("{name}{}", tidy::WHOLE))
}

/// A file of prepared images, open.
#[derive(Debug)]
pub(crate) struct Cache {
    map: Mmap,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    offset: u64,
    width: u32,
    height: u32,
    kind: Kind,
    checksum: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Decoded,
    Whole,
    Fractions,
}

impl Cache {
    /// Opens the file of a key, if it is there and all it should be.
    pub(crate) fn open(path: &Path, key: &Key, count: usize) -> Option<Self> {
        let file = File::open(path).ok()?;
        let cache = Self::map(file.file(), key, count)?;
        tidy::used(file.file());
        Some(cache)
    }

    fn map(file: &std::fs::File, key: &Key, count: usize) -> Option<Self> {
        // SAFETY: the bytes must not change while they are mapped. Nobody writes to a file of this
        // name: it is renamed to it when complete, replaced by another rename, or unlinked, which
        // leaves the mapped file as it is.
        #[allow(unsafe_code)]
        let map = unsafe { Mmap::map(file) }.ok()?;
        let entries = entries(&map, key, count)?;
        Some(Self { map, entries })
    }

    /// One image; none if its bytes are not those that were written.
    pub(crate) fn get(&self, index: usize) -> Option<Prepared> {
        let entry = self.entries.get(index)?;
        let start = usize::try_from(entry.offset).ok()?;
        let bytes = self.map.get(start..start.checked_add(entry.bytes()?)?)?;
        (crc32c::crc32c(bytes) == entry.checksum).then_some(())?;
        let (width, height) = (entry.width as usize, entry.height as usize);
        Some(match entry.kind {
            Kind::Decoded => {
                Prepared::Decoded(Arc::new(Image::from_rgb(width, height, bytes.to_vec()).ok()?))
            }
            Kind::Whole => {
                Prepared::Resized { width, height, levels: Levels::Whole(bytes.to_vec()) }
            }
            Kind::Fractions => {
                let levels = bytes.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes));
                let levels = Levels::Fractions(levels.collect());
                Prepared::Resized { width, height, levels }
            }
        })
    }
}

/// The index, if header, index and length are as they were written.
fn entries(file: &[u8], key: &Key, count: usize) -> Option<Vec<Entry>> {
    let index = file.get(HEADER..HEADER.checked_add(count.checked_mul(ENTRY)?)?)?;
    let expected = header(key, index, file.len() as u64);
    (file[..HEADER] == expected).then_some(())?;
    index.as_chunks().0.iter().map(Entry::read).collect()
}

fn header(key: &Key, index: &[u8], length: u64) -> Vec<u8> {
    let count = (index.len() / ENTRY) as u64;
    let mut header = [&MAGIC[..], key, &count.to_le_bytes(), &length.to_le_bytes()].concat();
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&header), index);
    header.extend(checksum.to_le_bytes());
    header
}

impl Entry {
    fn bytes(&self) -> Option<usize> {
        let level = if self.kind == Kind::Fractions { 4 } else { 1 };
        (self.width as usize).checked_mul(self.height as usize)?.checked_mul(3 * level)
    }

    fn read(bytes: &[u8; ENTRY]) -> Option<Self> {
        let (offset, rest) = bytes.split_first_chunk()?;
        let mut numbers = rest.as_chunks().0.iter().map(|&bytes| u32::from_le_bytes(bytes));
        let mut next = || numbers.next();
        let (width, height) = (next()?, next()?);
        let kind = match next()? {
            0 => Kind::Decoded,
            1 => Kind::Whole,
            2 => Kind::Fractions,
            _ => return None,
        };
        Some(Self { offset: u64::from_le_bytes(*offset), width, height, kind, checksum: next()? })
    }

    fn write(&self) -> Vec<u8> {
        let numbers = [self.width, self.height, self.kind as u32, self.checksum];
        let numbers = numbers.into_iter().flat_map(u32::to_le_bytes);
        self.offset.to_le_bytes().into_iter().chain(numbers).collect()
    }
}

/// A file in the making, without a name until it is whole; nothing is left of it if it never is.
pub(crate) struct Writer {
    file: BufWriter<NamedTempFile>,
    path: PathBuf,
    key: Key,
    count: usize,
    entries: Vec<Entry>,
    offset: u64,
}

impl Writer {
    /// Makes the folder, if need be, and the file of `count` images.
    pub(crate) fn create(folder: &Path, key: Key, count: usize) -> io::Result<Self> {
        fs_err::create_dir_all(folder)?;
        tidy::remove_abandoned(folder);
        let [prefix, suffix] = tidy::PART;
        let file = tempfile::Builder::new().prefix(prefix).suffix(suffix).tempfile_in(folder)?;
        // Says that it has a maker. Where there are no locks, its age says so.
        let _ = file.as_file().try_lock();
        let mut file = BufWriter::with_capacity(1 << 20, file);
        let offset = (HEADER + count * ENTRY) as u64;
        file.seek(SeekFrom::Start(offset))?;
        Ok(Self { file, path: path(folder, &key), key, count, entries: Vec::new(), offset })
    }

    /// The name it will have.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Adds the next image.
    pub(crate) fn push(&mut self, prepared: &Prepared) -> io::Result<()> {
        let floats: Vec<u8>;
        let (kind, width, height, bytes) = match prepared {
            Prepared::Decoded(image) => {
                (Kind::Decoded, image.width(), image.height(), image.pixels())
            }
            Prepared::Resized { width, height, levels: Levels::Whole(levels) } => {
                (Kind::Whole, *width, *height, levels.as_slice())
            }
            Prepared::Resized { width, height, levels: Levels::Fractions(levels) } => {
                floats = levels.iter().flat_map(|level| level.to_le_bytes()).collect();
                (Kind::Fractions, *width, *height, floats.as_slice())
            }
        };
        self.file.write_all(bytes)?;
        let (offset, checksum) = (self.offset, crc32c::crc32c(bytes));
        let (width, height) = (width as u32, height as u32);
        self.entries.push(Entry { offset, width, height, kind, checksum });
        self.offset += bytes.len() as u64;
        Ok(())
    }

    /// Gives the file its name, and opens it.
    pub(crate) fn finish(mut self) -> io::Result<Cache> {
        let index: Vec<u8> = self.entries.iter().flat_map(Entry::write).collect();
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&header(&self.key, &index, self.offset))?;
        self.file.write_all(&index)?;
        self.file.flush()?;
        let file = self.file.into_inner().map_err(|error| error.into_error())?;
        // Not synced: what a power cut takes away, the checksums miss.
        let file = file.persist(&self.path).map_err(|error| error.error)?;
        Cache::map(&file, &self.key, self.count)
            .ok_or_else(|| io::Error::other("does not hold what was written to it"))
    }
}
