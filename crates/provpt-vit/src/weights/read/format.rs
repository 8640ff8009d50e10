use std::fmt;
use std::path::Path;

use crate::error::Error;

/// Container of a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Hugging Face's safetensors.
    Safetensors,
    /// A zip of NumPy arrays, as Google publishes its backbones.
    Npz,
    /// `torch.save`: a zip archive or a legacy stream of pickles.
    PyTorch,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Safetensors => "safetensors",
            Self::Npz => "npz",
            Self::PyTorch => "PyTorch",
        })
    }
}

impl Format {
    /// Tells a format from the first bytes of a file (its extension says little: `.pth.tar` is
    /// no tar).
    pub(super) fn detect(head: &[u8], path: &Path) -> Result<Self, Error> {
        match head {
            [b'P', b'K', 3, 4, ..] if first_entry(head).ends_with(b".npy") => Ok(Self::Npz),
            [b'P', b'K', 3, 4, ..] | [0x80, 2..=5, ..] => Ok(Self::PyTorch),
            // Its header's length in eight bytes, below 100 MB, then the header.
            [_, _, _, 0..=5, 0, 0, 0, 0, b'{', ..] => Ok(Self::Safetensors),
            _ => Err(Error::NotACheckpoint { path: path.to_owned(), got: describe(head) }),
        }
    }
}

/// Name of a zip archive's first entry.
fn first_entry(head: &[u8]) -> &[u8] {
    let len = head.get(26..28).map_or(0, |b| usize::from(u16::from_le_bytes([b[0], b[1]])));
    head.get(30..30 + len).unwrap_or_default()
}

/// What people mistake for a checkpoint.
fn describe(head: &[u8]) -> String {
    let start = head.trim_ascii_start();
    if head.is_empty() {
        "an empty file".to_owned()
    } else if start.starts_with(b"version https://git-lfs") {
        "a Git LFS pointer".to_owned()
    } else if start.starts_with(b"<") {
        "a web page".to_owned()
    } else if head.get(257..262) == Some(b"ustar") {
        "a tar archive".to_owned()
    } else {
        format!("bytes `{}`", head[..head.len().min(16)].escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(head: &[u8]) -> String {
        Format::detect(head, Path::new("x.npz")).unwrap_err().to_string()
    }

    #[test]
    fn other_files_are_named_for_what_they_are() {
        let start = "backbone x.npz: expected a safetensors, npz or PyTorch checkpoint, got ";
        assert_eq!(message(b""), format!("{start}an empty file"));
        assert_eq!(message(b"\n<!DOCTYPE html>"), format!("{start}a web page"));
        assert_eq!(message(b"version https://git-lfs.g"), format!("{start}a Git LFS pointer"));
        assert_eq!(message(b"GIF89a\0\0"), format!("{start}bytes `GIF89a\\x00\\x00`"));
    }

    #[test]
    fn no_beginning_of_a_zip_is_too_short() {
        let head = b"PK\x03\x04................\x01\x00\x00\x00\x01\x00\xff\xff";
        for len in 4..head.len() {
            assert_eq!(Format::detect(&head[..len], Path::new("x")).unwrap(), Format::PyTorch);
        }
    }
}
