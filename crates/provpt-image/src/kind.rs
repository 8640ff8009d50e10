//! What a file is by its first bytes, whatever its name says.

use std::io::Read;
use std::path::Path;

/// Bytes that tell a file's kind.
const LOOKED_AT: u64 = 256;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// An image that [`decode_file`](crate::decode_file) reads.
    Image,
    /// An image of a format that it does not read, by name.
    OtherImage(&'static str),
    /// Nothing that is known as an image.
    Other,
}

impl FileKind {
    /// By the first bytes of a file.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        if is_readable(bytes) {
            return Self::Image;
        }
        let starts = |(at, sign, _): &&(usize, &[u8], _)| {
            bytes.get(*at..).is_some_and(|b| b.starts_with(sign))
        };
        match OTHERS.iter().find(starts) {
            Some((_, _, name)) => Self::OtherImage(name),
            None if is_svg(bytes) => Self::OtherImage("SVG"),
            None => Self::Other,
        }
    }

    /// By the first bytes of the file at `path`.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of_file(path: &Path) -> std::io::Result<Self> {
        let mut bytes = Vec::new();
        fs_err::File::open(path)?.take(LOOKED_AT).read_to_end(&mut bytes)?;
        Ok(Self::of_bytes(&bytes))
    }
}

/// What the decoders take.
fn is_readable(bytes: &[u8]) -> bool {
    match bytes {
        [0xff, 0xd8, 0xff, ..] | [0x89, b'P', b'N', b'G', ..] => true,
        [b'G', b'I', b'F', b'8', ..] => true,
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => true,
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => true,
        // Two letters may begin a text, too: the size of a header that exists must follow.
        [b'B', b'M', ..] => {
            matches!(bytes.get(14..18), Some([12 | 16 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0]))
        }
        [b'P', b'1'..=b'6', b' ' | b'\t' | b'\n' | b'\r', ..] => true,
        _ => false,
    }
}

/// A drawing behind what begins any XML.
fn is_svg(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let bytes = &bytes[..bytes.len().min(LOOKED_AT as usize)];
    bytes.starts_with(b"<?xml") && bytes.windows(4).any(|word| word == b"<svg")
}

/// Signs of formats that are images all the same: where they stand, and what they are called.
const OTHERS: [(usize, &[u8], &str); 27] = [
    (4, b"ftypavif", "AVIF"),
    (4, b"ftypavis", "AVIF"),
    (4, b"ftypheic", "HEIC"),
    (4, b"ftypheix", "HEIC"),
    (4, b"ftyphevc", "HEIC"),
    (4, b"ftypmif1", "HEIF"),
    (4, b"ftypmsf1", "HEIF"),
    (4, b"ftypcrx ", "CR3"),
    (0, b"\0\0\0\x0cJXL ", "JPEG XL"),
    (0, b"\xff\x0a", "JPEG XL"),
    (0, b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"8BPS", "PSD"),
    (0, b"P7\n", "PAM"),
    (0, b"\x76\x2f\x31\x01", "OpenEXR"),
    (0, b"DDS ", "DDS"),
    (0, b"qoif", "QOI"),
    (0, b"<svg", "SVG"),
    (0, b"\0\0\x01\0", "ICO"),
    (0, b"\0\0\x02\0\x01\0", "CUR"),
    (0, b"icns", "ICNS"),
    (0, b"#?RADIANCE", "Radiance HDR"),
    (0, b"PF\n", "PFM"),
    (0, b"Pf\n", "PFM"),
    (0, b"\x01\xda\0", "SGI"),
    (0, b"\x01\xda\x01", "SGI"),
    (0, b"\x0a\x05\x01", "PCX"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_tells_images_and_texts_are_none() {
        let image = |bytes: &[u8]| FileKind::of_bytes(bytes) == FileKind::Image;
        let mut bmp = b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0".to_vec();
        assert!(!image(&bmp));
        bmp.extend([40, 0, 0, 0]);
        assert!(image(&bmp) && image(b"P5 3 3 255 ") && image(b"GIF89a") && image(b"II*\0"));
        assert!(image(b"RIFF\0\0\0\0WEBPVP8 ") && image(b"\xff\xd8\xff\xe0"));
        for text in
            [&b""[..], b"BMW and Audi", b"P5", b"P8\n3 3", b"GIF", b"RIFF\0\0\0\0WAVE", b"\xff\xd8"]
        {
            assert_eq!(FileKind::of_bytes(text), FileKind::Other, "{text:?}");
        }
    }

    #[test]
    fn formats_that_are_not_read_have_names() {
        let of = FileKind::of_bytes;
        assert_eq!(of(b"\0\0\0\x1cftypavif\0\0"), FileKind::OtherImage("AVIF"));
        assert_eq!(of(b"\0\0\0\x18ftypheic"), FileKind::OtherImage("HEIC"));
        assert_eq!(of(b"\xff\x0a\0"), FileKind::OtherImage("JPEG XL"));
        assert_eq!(of(b"P7\nWIDTH 3"), FileKind::OtherImage("PAM"));
        assert_eq!(of(b"<?xml version='1.0'?>\n<svg width='3'/>"), FileKind::OtherImage("SVG"));
        assert_eq!(of(b"<?xml version='1.0'?>\n<html/>"), FileKind::Other);
    }
}
