//! One text in several forms: `é` as one character, or as a letter and its mark, which look the same.
//! File systems and programs differ in which they write.

use unicode_normalization::UnicodeNormalization;

/// Letters with their marks, as most programs write them.
pub(super) fn composed(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { text.nfc().collect() }
}

/// Letters and marks, as macOS writes names of files.
pub(super) fn decomposed(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { text.nfd().collect() }
}

/// What is left of a name when case, form, spaces around and between words, and leading zeros do
/// not count.
pub(super) fn likeness(name: &str) -> String {
    let words: Vec<String> = composed(name).to_lowercase().split_whitespace().map(bare).collect();
    words.join(" ")
}

fn bare(word: &str) -> String {
    let digits = word.bytes().all(|byte| byte.is_ascii_digit());
    let bare = if digits { word.trim_start_matches('0') } else { word };
    if bare.is_empty() { "0".to_owned() } else { bare.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_has_two_forms() {
        let (one, two) = ("caf\u{e9}", "cafe\u{301}");
        assert_eq!((composed(one), composed(two)), (one.to_owned(), one.to_owned()));
        assert_eq!((decomposed(one), decomposed(two)), (two.to_owned(), two.to_owned()));
        assert_eq!(composed("plain"), "plain");
    }

    #[test]
    fn names_look_alike_whatever_their_case_form_spaces_and_zeros() {
        for (a, b) in [
            ("Ant", "ant"),
            ("CAF\u{c9}", "cafe\u{301}"),
            ("a  b", " A b"),
            ("01", "1"),
            ("00", "0"),
            ("type 07", "Type 7"),
        ] {
            assert_eq!(likeness(a), likeness(b), "{a} {b}");
        }
        for (a, b) in [("ant", "aunt"), ("10", "1"), ("a b", "ab"), ("a0", "a"), ("0", "")] {
            assert_ne!(likeness(a), likeness(b), "{a} {b}");
        }
    }
}
