//! Text out of strangers' files and folders, as messages show it.
//!
//! Names of files, tensors and classes come from strangers. In a message they must neither break
//! the line nor control the terminal, and must not fill the screen:
//!
//! ```
//! use provpt_base::quoted;
//!
//! assert_eq!(quoted("blocks.0\r\u{1b}[2J").to_string(), r"blocks.0\r\u{1b}[2J");
//! ```

use std::ffi::OsStr;
use std::fmt::{self, Write};

/// Characters shown of the beginning of a long text, and of its end, escapes counted as shown.
const HEAD: usize = 300;
const TAIL: usize = 80;

/// A name, a path, a line of a list or a parser's words about one, fit to stand in a message of one
/// line: characters that control a terminal, break or turn a line, or cannot be seen are escaped
/// as in Rust (`\r`, `\u{202e}`), and of a long text the middle is an ellipsis.
pub fn quoted<T: AsRef<OsStr> + ?Sized>(text: &T) -> impl fmt::Display {
    Quoted(text.as_ref())
}

struct Quoted<'a>(&'a OsStr);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string_lossy();
        // A long text's middle need not be looked at.
        let (head, rest) = text.split_at(fitting(text.chars(), HEAD));
        let (middle, tail) = rest.split_at(rest.len() - fitting(rest.chars().rev(), TAIL));
        let show = |text: &str, f: &mut fmt::Formatter<'_>| {
            text.chars().map(Shown).try_for_each(|c| c.fmt(f))
        };
        show(head, f)?;
        if !middle.is_empty() {
            f.write_str("…")?;
        }
        show(tail, f)
    }
}

/// Bytes of the characters that take no more than so many when shown.
fn fitting(chars: impl Iterator<Item = char>, most: usize) -> usize {
    let mut width = 0;
    let fits = |c: &char| {
        width += Shown(*c).to_string().chars().count();
        width <= most
    };
    chars.take_while(fits).map(char::len_utf8).sum()
}

struct Shown(char);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            c @ ('"' | '\'' | '\\') => f.write_char(c),
            // Behind a letter, accents are left as they are.
            c => {
                let mut pair = [b'a'; 5];
                let end = 1 + c.encode_utf8(&mut pair[1..]).len();
                let pair = std::str::from_utf8(&pair[..end]).map_err(|_| fmt::Error)?;
                pair.escape_debug().skip(1).try_for_each(|c| f.write_char(c))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> String {
        quoted(text).to_string()
    }

    #[test]
    fn what_can_be_read_is_left_alone() {
        for text in ["", "a b.png", "it's \"C:\\x\"", "u\u{308}ber", "鳥/ü.png", "🦊 €"] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn what_controls_breaks_turns_or_hides_is_escaped() {
        let text = "a\r\n\u{1b}[31m\u{202e}b\u{2028}\u{200b}\u{feff}\u{85}\t\0";
        let expected = r"a\r\n\u{1b}[31m\u{202e}b\u{2028}\u{200b}\u{feff}\u{85}\t\0";
        assert_eq!(shown(text), expected);
    }

    #[test]
    fn the_middle_of_a_long_text_is_left_out() {
        let whole = "ü".repeat(HEAD + TAIL);
        assert_eq!(shown(&whole), whole);
        let expected = format!("{}…{}", "ü".repeat(HEAD), "ü".repeat(TAIL));
        assert_eq!(shown(&"ü".repeat(10_000)), expected);
    }

    #[cfg(unix)]
    #[test]
    fn paths_may_be_any_bytes() {
        use std::os::unix::ffi::OsStrExt;
        let path = PathBuf::from(OsStr::from_bytes(b"a\xff\x1b.png"));
        assert_eq!(quoted(&path).to_string(), "a\u{fffd}\\u{1b}.png");
    }

    /// Whether a terminal shows all of it, on one line.
    fn is_a_line(message: &str) -> bool {
        let hidden = |c: char| {
            c.is_control() || "\u{2028}\u{2029}\u{200e}\u{200f}\u{feff}\u{61c}".contains(c)
        };
        let turns =
            |c| ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c);
        !message.chars().any(|c| hidden(c) || turns(c))
    }

    proptest! {
        #[test]
        fn a_quotation_is_a_short_line(text in any::<String>(), times in 1_usize..400) {
            let message = shown(&text.repeat(times));
            prop_assert!(is_a_line(&message), "{message:?}");
            prop_assert!(message.chars().count() <= HEAD + 1 + TAIL);
        }

        #[test]
        fn what_can_be_seen_is_unchanged(text in r"[ -~äöüßéèñ€]{0,300}") {
            prop_assert_eq!(shown(&text), text);
        }
    }
}
