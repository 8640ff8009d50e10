//! A file as the Parquet decoder reads it, with bounds on what it may ask for.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::{ParquetError as Cause, Result};
use parquet::file::reader::{ChunkReader, Length};

/// Most bytes of a page, packed or unpacked. A page holds many images: writers count rows.
const MAX_PAGE: u64 = 1 << 30;
/// Most bytes of a footer.
const MAX_FOOTER: usize = 64 << 20;

/// An open file. Its readers share a position, so one thread at a time may use it.
pub(super) struct Bounded {
    file: File,
    /// Most bytes to be had at once.
    most: usize,
    /// Whether what is read bit by bit are headers of pages.
    of_pages: bool,
}

impl Bounded {
    /// For the footer.
    pub(super) fn footer(path: &Path) -> io::Result<Self> {
        let file = fs_err::File::open(path)?.into_parts().0;
        Ok(Self { file, most: MAX_FOOTER, of_pages: false })
    }

    /// For pages.
    pub(super) fn pages(path: &Path) -> io::Result<Arc<Self>> {
        let file = fs_err::File::open(path)?.into_parts().0;
        Ok(Arc::new(Self { file, most: MAX_PAGE as usize, of_pages: true }))
    }
}

impl Length for Bounded {
    fn len(&self) -> u64 {
        Length::len(&self.file)
    }
}

impl ChunkReader for Bounded {
    type T = PageHeader;

    fn get_read(&self, start: u64) -> Result<PageHeader> {
        Ok(PageHeader { inner: self.file.get_read(start)?, checked: !self.of_pages })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let left = self.len().saturating_sub(start);
        if length as u64 > left {
            return Err(Cause::EOF(format!("expected {length} bytes at byte {start}, got {left}")));
        }
        if length > self.most {
            let most = self.most;
            return Err(Cause::General(format!("expected at most {most} bytes, got {length}")));
        }
        self.file.get_bytes(start, length)
    }
}

/// What is read a byte at a time: the headers of pages. A header starts with its type and the
/// page's unpacked and packed size, which the decoder believes; so they are checked before it sees
/// them.
pub(super) struct PageHeader {
    inner: BufReader<File>,
    checked: bool,
}

impl Read for PageHeader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if !self.checked {
            check(self.inner.fill_buf()?)?;
            self.checked = true;
        }
        self.inner.read(buf)
    }
}

/// Thrift's compact protocol: each of the three a field header `0x15` and a zigzag varint.
fn check(mut header: &[u8]) -> io::Result<()> {
    let malformed = || {
        let got = "something else, as in an encrypted column";
        io::Error::other(format!("page header: expected type and sizes, got {got}"))
    };
    for _ in 0..3 {
        let [0x15, rest @ ..] = header else { return Err(malformed()) };
        let (value, rest) = varint(rest).ok_or_else(malformed)?;
        let size = value >> 1; // of a negative number: too small by one, which does not matter
        if size > MAX_PAGE {
            let got = format!("page size: expected at most {MAX_PAGE} bytes, got {size}");
            return Err(io::Error::other(got));
        }
        header = rest;
    }
    Ok(())
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let end = bytes.iter().take(10).position(|byte| byte & 0x80 == 0)?;
    let (digits, rest) = bytes.split_at(end + 1);
    let value = digits.iter().rev().fold(0, |value, digit| value << 7 | u64::from(digit & 0x7f));
    Some((value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(header: &[u8]) -> String {
        check(header).map_or_else(|error| error.to_string(), |()| "fine".to_owned())
    }

    #[test]
    fn sizes_in_page_headers_are_bounded() {
        assert_eq!(message(&[0x15, 0, 0x15, 0x80, 0x01, 0x15, 0xf0, 0x7f, 0x2c]), "fine");
        let gibibyte = [0x80, 0x80, 0x80, 0x80, 0x08]; // zigzag of 2^30
        assert_eq!(message(&[&[0x15, 0, 0x15], &gibibyte[..], &[0x15, 2]].concat()), "fine");
        let more = [0x82, 0x80, 0x80, 0x80, 0x08];
        let expected = "page size: expected at most 1073741824 bytes, got 1073741825";
        assert_eq!(message(&[&[0x15, 0, 0x15], &more[..], &[0x15, 2]].concat()), expected);
        let malformed = "page header: expected type and sizes, got something else, as in an \
                         encrypted column";
        for bad in [&[][..], &[0x15], &[0x15, 0, 0x15, 4, 0x25, 2], &[0x15; 2], &[0xff; 40]] {
            assert_eq!(message(bad), malformed);
        }
    }
}
