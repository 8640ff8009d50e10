//! Files that are called Parquet and are something else: told as what they are, and not as damaged.

use std::io::{Error as IoError, Read};
use std::path::Path;

use super::ParquetError;

/// So many bytes at the start tell.
const LOOKED_AT: u64 = 64;

pub(super) fn refuse(path: &Path) -> Result<(), ParquetError> {
    match what(&start(path)?) {
        Some(got) => Err(ParquetError::Foreign { path: path.to_owned(), got }),
        None => Ok(()),
    }
}

fn start(path: &Path) -> Result<Vec<u8>, IoError> {
    let mut start = Vec::new();
    fs_err::File::open(path)?.take(LOOKED_AT).read_to_end(&mut start)?;
    Ok(start)
}

/// What begins so; none for Parquet, and for what may be damaged Parquet.
fn what(start: &[u8]) -> Option<&'static str> {
    let text = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    Some(match start {
        [] => "an empty file",
        [b'P', b'A', b'R', b'1' | b'E', ..] => return None,
        [0x1f, 0x8b, ..] => "gzip",
        [b'P', b'K', ..] => "a zip archive",
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] => "an Arrow file",
        _ if start.starts_with(b"version https://git-lfs") => "a Git LFS pointer",
        _ if start.len() >= 8 && start.iter().all(text) => "text",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_files_are_told_by_their_first_bytes() {
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:";
        assert_eq!(what(pointer), Some("a Git LFS pointer"));
        assert_eq!(what(b"path,label\n1.png,2"), Some("text"));
        assert_eq!(what(b"<!DOCTYPE html>"), Some("text"));
        assert_eq!(what(b"\x1f\x8b\x08"), Some("gzip"));
        assert_eq!(what(b"PK\x03\x04"), Some("a zip archive"));
        assert_eq!(what(b"ARROW1\0\0"), Some("an Arrow file"));
        assert_eq!(what(b""), Some("an empty file"));
        for parquet in [
            &b"PAR1"[..],
            b"PAR1 text that follows",
            b"PARE....",
            b"PA",
            b"\0\0\0\0",
            b"R1\x15\x04",
        ] {
            assert_eq!(what(parquet), None);
        }
    }
}
