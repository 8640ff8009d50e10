//! Whatever lists, tables and descriptions hold: what is told of it is lines that can be read.

use std::path::Path;

use proptest::prelude::*;
use provpt_data::{TaskSpec, check, survey};

/// The files of a task, and which of them (or which folder) is its path.
const LAYOUTS: [(&[&str], &str); 9] = [
    (&["train800.txt", "val200.txt", "labels.txt"], ""),
    (&["train.json", "test.json", "labels.txt"], ""),
    (&["train.csv", "test.csv", "labels.txt"], ""),
    (&["train.jsonl", "val.jsonl"], ""),
    (&["metadata.csv"], ""),
    (&["metadata.jsonl"], ""),
    (&["one.tsv"], "one.tsv"),
    (&["dataset_info.json", "features.json"], ""),
    (&["train.parquet"], ""),
];

/// What such files are made of, and what should not reach a terminal.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let known = [
        "path,label\n",
        "path,label,split\n",
        "{\"path\": \"",
        "\", \"label\": \"",
        "\"}\n",
        "{\"",
        "\": 1}",
        "\": \"",
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\t",
        "\n",
        "\r",
        "\r\n",
        "a.png",
        " 0\n",
        " 1\n",
        " x\n",
        "\u{1b}[2J",
        "\u{202e}",
        "\u{2028}",
        "\0",
        "\u{feff}",
        "\\u001b",
        "\\r",
        "{\"type\": \"",
        "\"content\": {",
        "{\"name\": \"t\", \"splits\": [{\"name\": \"train\"}]}",
        "PAR1",
    ];
    let known = proptest::sample::select(known.map(|text| text.as_bytes().to_vec()).to_vec());
    let bytes = proptest::collection::vec(any::<u8>(), 0..40);
    let long = (any::<char>(), 1_usize..2000).prop_map(|(c, n)| c.to_string().repeat(n).into());
    let part = prop_oneof![6 => known, 2 => bytes, 1 => long];
    proptest::collection::vec(part, 0..14).prop_map(|parts| parts.concat())
}

/// Errors, problems and warnings of a task.
fn told(path: &Path) -> Vec<String> {
    let spec = TaskSpec { path: Some(path.to_owned()), ..TaskSpec::new("t\u{1b}") };
    match survey(&spec) {
        Err(error) => vec![error.to_string()],
        Ok((task, problems)) => {
            let checked = check(&task, &problems, &|| {});
            [vec![task.to_string()], checked.problems, checked.warnings].concat()
        }
    }
}

fn is_a_line(message: &str) -> bool {
    let turns = |c| matches!(c, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !message.chars().any(|c| c.is_control() || c == '\u{feff}' || turns(c))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn messages_are_lines_of_bounded_length(
        layout in proptest::sample::select(&LAYOUTS[..]),
        contents in proptest::collection::vec(content(), 3),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (names, path) = layout;
        fs_err::write(folder.path().join("a.png"), "no image").unwrap();
        for (name, content) in names.iter().zip(&contents) {
            fs_err::write(folder.path().join(name), content).unwrap();
        }
        for message in told(&folder.path().join(path)) {
            prop_assert!(is_a_line(&message), "{message:?}");
            prop_assert!(message.chars().count() < 4000, "{message}");
        }
    }
}

#[test]
fn names_of_files_and_folders_are_quoted_too() {
    let folder = tempfile::tempdir().unwrap();
    for class in ["c\u{1b}[31m", "d\r"] {
        fs_err::create_dir_all(folder.path().join(class)).unwrap();
        for image in ["one\n.png", "two.png"] {
            fs_err::write(folder.path().join(class).join(image), "no image").unwrap();
        }
    }
    let told = told(folder.path());
    assert!(told.iter().all(|message| is_a_line(message)), "{told:#?}");
    assert!(told.iter().any(|message| message.contains(r"c\u{1b}[31m/one\n.png: undecodable")));
}
