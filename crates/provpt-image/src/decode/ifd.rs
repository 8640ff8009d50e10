//! The first directory of a TIFF file: numbers by tag. EXIF is a TIFF file without an image.
//!
//! TIFF 6.0, section 2; BigTIFF has 8-byte offsets. Nothing is followed but the first offset, so no
//! directory loops.

use std::collections::HashSet;
use std::ops::Range;

use super::Fault;

/// Values of one entry that are read at most: a palette has 768, a large image many strips.
const MAX_VALUES: usize = 1 << 20;

pub(super) struct Ifd<'a> {
    bytes: &'a [u8],
    layout: Layout,
    entries: Range<usize>,
}

#[derive(Clone, Copy)]
struct Layout {
    big_endian: bool,
    /// Bytes of an offset: 4, or 8 in a BigTIFF file.
    offset: usize,
}

impl Layout {
    fn number(self, bytes: &[u8]) -> u64 {
        let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        match self.big_endian {
            true => bytes.iter().fold(0, add),
            false => bytes.iter().rev().fold(0, add),
        }
    }

    fn at(self, bytes: &[u8], place: usize, len: usize) -> Option<u64> {
        Some(self.number(bytes.get(place..place.checked_add(len)?)?))
    }

    /// Tag, type, number of values, and the values or their place.
    fn entry(self) -> usize {
        4 + 2 * self.offset
    }
}

impl<'a> Ifd<'a> {
    pub(super) fn first(bytes: &'a [u8]) -> Option<Self> {
        let (big_endian, offset, first) = match bytes.get(..4)? {
            b"II*\0" => (false, 4, 4),
            b"MM\0*" => (true, 4, 4),
            b"II+\0" => (false, 8, 8),
            b"MM\0+" => (true, 8, 8),
            _ => return None,
        };
        let layout = Layout { big_endian, offset };
        let directory = usize::try_from(layout.at(bytes, first, offset)?).ok()?;
        let count_size = if offset == 4 { 2 } else { 8 };
        let count = usize::try_from(layout.at(bytes, directory, count_size)?).ok()?;
        let start = directory + count_size;
        let end = start.checked_add(count.checked_mul(layout.entry())?)?;
        Some(Self { bytes, layout, entries: start..end.min(bytes.len()) })
    }

    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The place of a tag's entry in the file.
    fn place(&self, tag: u16) -> Option<usize> {
        self.places().find(|&at| self.layout.at(self.bytes, at, 2) == Some(tag.into()))
    }

    /// The places of all entries.
    fn places(&self) -> impl Iterator<Item = usize> {
        let (size, end) = (self.layout.entry(), self.entries.end);
        self.entries.clone().step_by(size).filter(move |at| at + size <= end)
    }

    /// Whether a tag holds bytes, which Pillow takes for text.
    pub(super) fn is_of_bytes(&self, tag: u16) -> bool {
        let kind = self.place(tag).and_then(|place| self.layout.at(self.bytes, place + 2, 2));
        kind == Some(1)
    }

    /// A tag's unsigned numbers; none if it is missing, not of unsigned numbers, or damaged.
    pub(super) fn numbers(&self, tag: u16) -> Option<Vec<u64>> {
        let (bytes, layout) = (self.bytes, self.layout);
        let place = self.place(tag)?;
        let size = match layout.at(bytes, place + 2, 2)? {
            1 => 1,
            3 => 2,
            4 => 4,
            16 => 8,
            _ => return None,
        };
        let count = usize::try_from(layout.at(bytes, place + 4, layout.offset)?).ok()?;
        let field = place + 4 + layout.offset;
        let start = match count.checked_mul(size)? <= layout.offset {
            true => field,
            false => usize::try_from(layout.at(bytes, field, layout.offset)?).ok()?,
        };
        (0..count.min(MAX_VALUES))
            .map(|i| layout.at(bytes, start.checked_add(i * size)?, size))
            .collect()
    }

    /// A tag's unsigned numbers, `usual` where it is missing.
    pub(super) fn numbers_or(&self, tag: u16, usual: u64) -> Result<Vec<u64>, Fault> {
        match self.numbers(tag) {
            Some(numbers) if !numbers.is_empty() => Ok(numbers),
            _ if self.has(tag) => {
                Err(Fault::Bad(format!("damaged TIFF: the numbers of tag {tag} cannot be read")))
            }
            _ => Ok(vec![usual]),
        }
    }

    /// Refuses a directory that says some tag twice, or of one of these what is no unsigned number:
    /// readers believe one or the other of it.
    pub(super) fn check(&self, numeric: &[u16]) -> Result<(), Fault> {
        let tags: Vec<u64> =
            self.places().filter_map(|at| self.layout.at(self.bytes, at, 2)).collect();
        let mut seen = HashSet::new();
        if let Some(twice) = tags.into_iter().find(|tag| !seen.insert(*tag)) {
            return Err(Fault::Bad(format!("damaged TIFF: tag {twice} is there twice")));
        }
        numeric.iter().try_for_each(|&tag| self.numbers_or(tag, 0).map(|_| ()))
    }

    /// Whether bytes of the file are part of the directory.
    pub(super) fn overlaps(&self, bytes: &Range<u64>) -> bool {
        bytes.start < self.entries.end as u64 && bytes.end > self.entries.start as u64
    }

    /// A tag's unsigned fractions; none if it is missing, not of fractions, or damaged.
    pub(super) fn fractions(&self, tag: u16) -> Option<Vec<f64>> {
        let (bytes, layout) = (self.bytes, self.layout);
        let place = self.place(tag)?;
        if layout.at(bytes, place + 2, 2)? != 5 {
            return None;
        }
        let count = usize::try_from(layout.at(bytes, place + 4, layout.offset)?).ok()?;
        let start = layout.at(bytes, place + 4 + layout.offset, layout.offset)?;
        let start = usize::try_from(start).ok()?;
        let number = |at: usize| Some(layout.at(bytes, at, 4)? as f64);
        let fraction = |i: usize| {
            let at = start.checked_add(i.checked_mul(8)?)?;
            Some(number(at)? / number(at.checked_add(4)?)?)
        };
        (0..count.min(MAX_VALUES)).map(fraction).collect()
    }

    /// Whether a tag is there.
    pub(super) fn has(&self, tag: u16) -> bool {
        self.place(tag).is_some()
    }

    pub(super) fn number(&self, tag: u16) -> Option<u64> {
        self.numbers(tag)?.first().copied()
    }

    /// The file with the entries of these tags, where they are there, made one 16-bit number, and
    /// without another directory behind this one.
    pub(super) fn alone_with(&self, changes: &[(u16, u16)]) -> Vec<u8> {
        let mut bytes = self.bytes.to_vec();
        let mut put = |at: usize, size: usize, value: u64| {
            let all =
                if self.layout.big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
            let part = if self.layout.big_endian { &all[8 - size..] } else { &all[..size] };
            bytes[at..at + size].copy_from_slice(part);
        };
        for (place, value) in changes.iter().filter_map(|&(tag, v)| Some((self.place(tag)?, v))) {
            put(place + 2, 2, 3);
            put(place + 4, self.layout.offset, 1);
            put(place + 4 + self.layout.offset, 2, value.into());
        }
        let next = self.entries.end;
        if let Some(next) = bytes.get_mut(next..next + self.layout.offset) {
            next.fill(0);
        }
        bytes
    }

    /// The place in the file that a tag's bytes take, for tags of bytes.
    pub(super) fn blob(&self, tag: u16) -> Option<&'a [u8]> {
        let (bytes, layout) = (self.bytes, self.layout);
        let place = self.place(tag)?;
        let count = usize::try_from(layout.at(bytes, place + 4, layout.offset)?).ok()?;
        let field = place + 4 + layout.offset;
        let start = match count <= layout.offset {
            true => field,
            false => usize::try_from(layout.at(bytes, field, layout.offset)?).ok()?,
        };
        bytes.get(start..start.checked_add(count)?)
    }
}
