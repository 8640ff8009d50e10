//! Text files as people and programs leave them.

/// Why bytes are no text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: expected UTF-8 or UTF-16, got {got}")]
pub struct NotText {
    /// Counted from 1.
    pub line: usize,
    /// The first that is no text.
    pub got: String,
}

/// The text of a file: UTF-8, or UTF-16 with or without a byte order mark, which is left out.
/// Where no line ends with a line feed, carriage returns end them (old Macs).
///
/// # Errors
/// For any other text: in which of many encodings it is cannot be told, and a wrong guess would
/// change names. Zeros are in no text, but in what is cut off, overwritten or in UTF-32.
pub fn text_of(bytes: &[u8]) -> Result<String, NotText> {
    let text = decode(bytes)?;
    if let Some((before, _)) = text.split_once('\0') {
        let line = 1 + before.matches('\n').count();
        return Err(NotText { line, got: "a character of zeros".to_owned() });
    }
    Ok(if text.contains('\n') { text } else { text.replace('\r', "\n") })
}

fn decode(bytes: &[u8]) -> Result<String, NotText> {
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

fn utf8(bytes: &[u8]) -> Result<String, NotText> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            let (good, bad) = bytes.split_at(error.valid_up_to());
            let line = 1 + good.iter().filter(|&&byte| byte == b'\n').count();
            Err(NotText { line, got: format!("the byte 0x{:02x}", bad.first().unwrap_or(&0)) })
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, NotText> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len() / 2);
    let foreign =
        |text: &str, got: String| Err(NotText { line: 1 + text.matches('\n').count(), got });
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
            assert_eq!(text_of(&bytes).unwrap(), text);
        }
        assert_eq!(text_of(b"").unwrap(), "");
        assert_eq!(text_of(b"\xef\xbb\xbf").unwrap(), "");
        assert_eq!(text_of(b"a\rb\r").unwrap(), "a\nb\n");
    }

    #[test]
    fn all_else_is_refused_with_its_line() {
        let message = |bytes: &[u8]| text_of(bytes).unwrap_err().to_string();
        let expected = "expected UTF-8 or UTF-16, got";
        assert_eq!(message(b"ant\ncaf\xe9\n"), format!("line 2: {expected} the byte 0xe9"));
        assert_eq!(message(b"\xff\xfea\0\n"), format!("line 1: {expected} half a character"));
        let half = b"\xff\xfea\0\n\0\x00\xd8b\0";
        assert_eq!(message(half), format!("line 2: {expected} half a pair, 0xd800"));
        let zeros = format!("{expected} a character of zeros");
        assert_eq!(message(b"ant\nb\0ee\n"), format!("line 2: {zeros}"));
        assert_eq!(message(b"\xff\xfe\0\0a\0\0\0"), format!("line 1: {zeros}"));
    }
}
