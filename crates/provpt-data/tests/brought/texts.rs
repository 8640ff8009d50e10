//! Encodings, byte order marks and line ends in every text that is read.

use crate::{folder, read};

const TEXTS: [(&str, &str); 6] = [
    ("metadata.csv", "file_name,label\n1.png,b\u{fc}ffel\n2.png,ant\n"),
    ("train800.txt", "1.png b\u{fc}ffel\n2.png ant\n"),
    ("train.json", "{\"1.png\": \"b\u{fc}ffel\", \"2.png\": \"ant\"}\n"),
    ("train.csv", "path,label\n1.png,b\u{fc}ffel\n2.png,ant\n"),
    ("train.tsv", "path\tlabel\n1.png\tb\u{fc}ffel\n2.png\tant\n"),
    (
        "train.jsonl",
        "{\"path\": \"1.png\", \"label\": \"b\u{fc}ffel\"}\n{\"path\": \"2.png\", \"label\": \"ant\"}\n",
    ),
];

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

/// The same text as bytes in all the ways that are read.
fn encodings(text: &str) -> Vec<Vec<u8>> {
    let windows = text.replace('\n', "\r\n");
    let marked = format!("\u{feff}{windows}");
    vec![
        text.into(),
        windows.into(),
        marked.clone().into(),
        text.replace('\n', "\r").into(),
        utf16(&marked, u16::to_le_bytes),
        utf16(&marked, u16::to_be_bytes),
        utf16(text, u16::to_le_bytes),
        utf16(text, u16::to_be_bytes),
    ]
}

#[test]
fn every_list_in_every_encoding_gives_the_same_task() {
    for (name, text) in TEXTS {
        for (way, bytes) in encodings(text).into_iter().enumerate() {
            let folder = folder([("1.png", &b"1"[..]), ("2.png", b"2"), (name, &bytes)]);
            let read = read(&folder);
            let facts = &read.facts()[0];
            assert_eq!(facts, &[(1, "b\u{fc}ffel"), (2, "ant")], "{name} {way}");
        }
    }
}

#[test]
fn names_of_classes_in_every_encoding() {
    for bytes in encodings("b\u{fc}ffel\nant\n") {
        let files = [("ant/1.png", &b"1"[..]), ("b\u{fc}ffel/2.png", b"2"), ("labels.txt", &bytes)];
        assert_eq!(read(&folder(files)).sound().classes, ["b\u{fc}ffel", "ant"]);
    }
}

#[test]
fn other_encodings_are_refused_by_line() {
    for (name, text) in TEXTS {
        let bytes: Vec<u8> = text.chars().map(|c| c as u8).collect(); // Latin-1
        let folder = folder([("1.png", &b"1"[..]), ("2.png", b"2"), (name, &bytes)]);
        let line = 1 + usize::from(name.ends_with("sv"));
        let expected = format!("{name}:{line}: text: expected UTF-8 or UTF-16, got the byte 0xfc");
        assert_eq!(read(&folder).problems, [expected]);
    }
    let files = [("a/1.png", &b"1"[..]), ("b/2.png", b"2"), ("labels.txt", b"a\nb\xff\n")];
    let expected = "labels.txt:2: text: expected UTF-8 or UTF-16, got the byte 0xff";
    assert_eq!(read(&folder(files)).problems, [expected]);
}

/// What was cut off, or is in another encoding that has zeros.
#[test]
fn zeros_are_in_no_text() {
    for (name, text) in TEXTS {
        let zeros = text.replace("ant", "a\0nt").into_bytes();
        let utf32 = [0xfeff].into_iter().chain(text.chars().map(u32::from));
        let utf32: Vec<u8> = utf32.flat_map(u32::to_le_bytes).collect();
        for bytes in [zeros, [text.as_bytes(), &[0; 512]].concat(), utf32] {
            let folder = folder([("1.png", &b"1"[..]), ("2.png", b"2"), (name, &bytes)]);
            let problems = read(&folder).problems;
            let told = "text: expected UTF-8 or UTF-16, got a character of zeros";
            assert!(problems[0].ends_with(told), "{name}: {problems:?}");
        }
    }
}
