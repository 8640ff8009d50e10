//! Text files as people and programs leave them: every reader of text goes by this one.

use std::path::Path;

use crate::Error;

/// The text of a file: UTF-8, or UTF-16 with or without a byte order mark, which is left out.
/// Where no line ends with a line feed, carriage returns end them (old Macs).
///
/// # Errors
/// [`Error::Encoding`] for any other text: in which of many encodings it is cannot be told, and a
/// wrong guess would change the names of classes and files.
pub(crate) fn read(path: &Path) -> Result<String, Error> {
    let text = decode(&fs_err::read(path)?).map_err(|Foreign { line, got }| Error::Encoding {
        path: path.to_owned(),
        line,
        got,
    })?;
    Ok(if text.contains('\n') { text } else { text.replace('\r', "\n") })
}

/// What is no text, and where.
struct Foreign {
    line: usize,
    got: String,
}

fn decode(bytes: &[u8]) -> Result<String, Foreign> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest),
        // Whoever leaves the mark out begins with a letter of ASCII, which has one byte of zero.
        [1..=255, 0, 1..=255, 0, ..] => utf16(bytes, u16::from_le_bytes),
        [0, 1..=255, 0, 1..=255, ..] => utf16(bytes, u16::from_be_bytes),
        _ => utf8(bytes),
    }
}

fn utf8(bytes: &[u8]) -> Result<String, Foreign> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            let (good, bad) = bytes.split_at(error.valid_up_to());
            let line = 1 + good.iter().filter(|&&byte| byte == b'\n').count();
            Err(Foreign { line, got: format!("the byte 0x{:02x}", bad.first().unwrap_or(&0)) })
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Foreign> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len() / 2);
    let foreign =
        |text: &str, got: String| Err(Foreign { line: 1 + text.matches('\n').count(), got });
    for character in char::decode_utf16(pairs.iter().map(|&pair| unit(pair))) {
        match character {
            Ok(character) => text.push(character),
            Err(error) => {
                return foreign(
                    &text,
                    format!("half a pair, 0x{:04x}", error.unpaired_surrogate()),
                );
            }
        }
    }
    if rest.is_empty() { Ok(text) } else { foreign(&text, "half a character".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_bytes(bytes: &[u8]) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.txt");
        fs_err::write(&path, bytes).unwrap();
        let name = format!("{}/", folder.path().display());
        read(&path).map_err(|error| error.to_string().replace(&name, ""))
    }

    #[test]
    fn encodings_that_can_be_told_give_the_same_text() {
        let text = "ant\r\nb\u{fc}ffel \u{1f98a}\n";
        let units: Vec<u16> = text.encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        let marked = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
        for bytes in [
            text.as_bytes().to_vec(),
            marked(b"\xef\xbb\xbf", text.as_bytes()),
            marked(b"\xff\xfe", &little),
            marked(b"\xfe\xff", &big),
            little,
            big,
        ] {
            assert_eq!(read_bytes(&bytes).unwrap(), text);
        }
        assert_eq!(read_bytes(b"").unwrap(), "");
        assert_eq!(read_bytes(b"\xef\xbb\xbf").unwrap(), "");
        assert_eq!(read_bytes(b"a\rb\r").unwrap(), "a\nb\n");
    }

    #[test]
    fn other_encodings_are_refused_with_their_line() {
        let latin = read_bytes(b"ant\ncaf\xe9\n").unwrap_err();
        assert_eq!(latin, "labels.txt:2: text: expected UTF-8 or UTF-16, got the byte 0xe9");
        let odd = read_bytes(b"\xff\xfea\0\n").unwrap_err();
        assert_eq!(odd, "labels.txt:1: text: expected UTF-8 or UTF-16, got half a character");
        let half = read_bytes(b"\xff\xfea\0\n\0\x00\xd8b\0").unwrap_err();
        assert_eq!(half, "labels.txt:2: text: expected UTF-8 or UTF-16, got half a pair, 0xd800");
    }
}
