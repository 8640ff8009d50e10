//! Names of classes and files that are no plain text.

use crate::{folder, read};

const TWO_FORMS: [&str; 2] = ["caf\u{e9}", "cafe\u{301}"];

#[cfg(unix)]
#[test]
fn names_need_not_be_utf8() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = folder([("ant/1.png", "1")]);
    let odd = |bytes: &[u8]| folder.path().join(OsStr::from_bytes(bytes));
    fs_err::create_dir(odd(b"caf\xe9")).unwrap();
    fs_err::copy(folder.path().join("ant/1.png"), odd(b"caf\xe9/\xff.png")).unwrap();
    let task = read(&folder);
    assert_eq!(task.facts()[0], [(1, "ant"), (1, "caf\u{fffd}")]);
    fs_err::create_dir(odd(b"caf\xe8")).unwrap();
    fs_err::copy(folder.path().join("ant/1.png"), odd(b"caf\xe8/1.png")).unwrap();
    let expected = "FOLDER: class names: expected each once, got caf\u{fffd} twice";
    assert_eq!(read(&folder).problems, [expected]);
}

#[cfg(unix)]
#[test]
fn control_characters_reach_no_message() {
    let folder = folder([("a\u{1b}[31m/1.png", "1"), ("b\n/x", "none"), ("b\n/y\r", "none")]);
    let problems = read(&folder).problems;
    let expected = r"b\n: empty class: expected at least one image, got none (left out 2 files: 2 of other kinds (x, y\r))";
    assert_eq!(problems[0], expected);
}

#[test]
fn a_name_is_the_same_in_either_form() {
    let [one, two] = TWO_FORMS;
    let lists = |first: &str, second: &str| {
        folder([
            ("1.png", "1".to_owned()),
            ("2.png", "2".to_owned()),
            ("train.csv", format!("path,label\n1.png,{first}\n2.png,ant\n")),
            ("test.csv", format!("path,label\n1.png,{second}\n")),
        ])
    };
    for (first, second) in [(one, two), (two, one)] {
        let folders = folder([
            (format!("train/{first}/1.png"), "1"),
            ("train/ant/2.png".to_owned(), "2"),
            (format!("test/{second}/1.png"), "1"),
        ]);
        for folder in [lists(first, second), folders] {
            let read = read(&folder);
            assert_eq!(read.facts()[2], [(1, first)]);
            assert_eq!(read.sound().classes, ["ant", first]);
        }
    }
}

#[test]
fn paths_are_found_as_another_system_writes_them() {
    let [one, two] = TWO_FORMS;
    for (written, there) in [
        (format!("sub\\{one}.png"), format!("sub/{one}.png")),
        (format!("{one}.png"), format!("{two}.png")),
        (format!("{two}.png"), format!("{one}.png")),
        (format!("sub\\{one}.png"), format!("sub/{two}.png")),
        ("a\\b.png".to_owned(), "a\\b.png".to_owned()),
    ] {
        let json = written.replace('\\', "\\\\");
        for (name, text) in [
            ("train800.txt", format!("{written} a\nx.png b\n")),
            ("train.json", format!("{{\"{json}\": \"a\", \"x.png\": \"b\"}}")),
            ("train.csv", format!("path,label\n{written},a\nx.png,b\n")),
        ] {
            let folder = folder([(&*there, "1"), ("x.png", "2"), (name, &text)]);
            let read = read(&folder);
            let mut facts = read.facts()[0].clone();
            facts.sort_unstable();
            assert_eq!(facts, [(1, "a"), (2, "b")], "{name} {written:?} {there:?}");
        }
    }
    for lost in ["https://x/1.png", "file:///1.png", "1%2epng", "1.PNG", "../1.png", "/1.png"] {
        let text = format!("path,label\n{lost},a\nx.png,b\n");
        let folder = folder([("1.png", "1"), ("x.png", "2"), ("train.csv", &text)]);
        assert!(read(&folder).problems[0].contains(":2: missing image: "), "{lost}");
    }
}

#[test]
fn names_that_look_alike_are_told() {
    let [one, two] = TWO_FORMS;
    for (first, second) in [("Ant", "ant"), (one, two), ("1", "01"), ("a  b", "a b")] {
        let text = format!("path,label\n1.png,{first}\n2.png,{second}\n");
        let folder = folder([("1.png", "1"), ("2.png", "2"), ("train.csv", &text)]);
        let read = read(&folder);
        assert_eq!(read.sound().classes.len(), 2);
        let told = read.notes.iter().any(|note| note.contains("names that look alike: "));
        assert!(told, "{:?}", read.notes);
    }
}
