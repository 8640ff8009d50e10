//! `labels.txt`: names and order, by one rule for all layouts.

use crate::{folder, read};

/// Two images of classes bee and ant in each layout, by name.
fn layouts() -> [(&'static str, &'static [(&'static str, &'static str)]); 6] {
    [
        ("folders", &[("ant/1.png", "1"), ("bee/2.png", "2")]),
        ("split folders", &[("train/ant/1.png", "1"), ("train/bee/2.png", "2")]),
        (
            "VTAB lists",
            &[("train800.txt", "1.png ant\n2.png bee\n"), ("1.png", "1"), ("2.png", "2")],
        ),
        (
            "FGVC lists",
            &[
                ("train.json", "{\"1.png\": \"ant\", \"2.png\": \"bee\"}"),
                ("1.png", "1"),
                ("2.png", "2"),
            ],
        ),
        (
            "CSV",
            &[("train.csv", "path,label\n1.png,ant\n2.png,bee\n"), ("1.png", "1"), ("2.png", "2")],
        ),
        (
            "metadata",
            &[
                ("metadata.csv", "file_name,label\n1.png,ant\n2.png,bee\n"),
                ("1.png", "1"),
                ("2.png", "2"),
            ],
        ),
    ]
}

#[test]
fn names_say_order_and_classes_that_train_lacks() {
    for (layout, files) in layouts() {
        let plain = folder(files.iter().copied());
        assert_eq!(read(&plain).sound().classes, ["ant", "bee"], "{layout}");
        let names = ("labels.txt", "wasp\nbee\nant\n");
        let folder = folder(files.iter().copied().chain([names]));
        let read = read(&folder);
        assert_eq!(read.sound().classes, ["wasp", "bee", "ant"], "{layout}");
        let mut labels = read.facts()[0].clone();
        labels.sort_unstable();
        assert_eq!(labels, [(1, "ant"), (2, "bee")], "{layout}");
        assert!(read.notes.contains(&"train: 1 of 3 classes have no image: wasp".to_owned()));
    }
}

#[test]
fn classes_that_it_does_not_name_are_refused() {
    for (layout, files) in layouts() {
        let folder = folder(files.iter().copied().chain([("labels.txt", "ant\nwasp\n")]));
        let problems = read(&folder).problems;
        assert_eq!(problems.len(), 1, "{layout}: {problems:?}");
        assert!(problems[0].contains(": unknown class: expected a class of "), "{problems:?}");
        assert!(problems[0].ends_with(", got bee"), "{problems:?}");
    }
}

#[test]
fn numbers_count_its_lines() {
    let lists: [&[(&str, &str)]; 3] = [
        &[("1/1.png", "1"), ("0/2.png", "2")],
        &[("train800.txt", "1.png 1\n2.png 0\n"), ("1.png", "1"), ("2.png", "2")],
        &[("train.csv", "path,label\n1.png,1\n2.png,0\n"), ("1.png", "1"), ("2.png", "2")],
    ];
    for files in lists {
        let folder = folder(files.iter().copied().chain([("labels.txt", "bee\nant\n")]));
        let read = read(&folder);
        let mut facts = read.facts()[0].clone();
        facts.sort_unstable();
        assert_eq!(facts, [(1, "ant"), (2, "bee")]);
    }
}

#[test]
fn a_name_twice_or_no_name_is_refused() {
    for (layout, files) in layouts() {
        let with = |text: &'static str| {
            let folder = folder(files.iter().copied().chain([("labels.txt", text)]));
            read(&folder).problems
        };
        let twice = "labels.txt: class names: expected each once, got bee twice";
        assert_eq!(with("ant\nbee\nbee\n"), [twice], "{layout}");
        let none = "labels.txt:2: malformed row: expected the name of a class, got ``";
        assert_eq!(with("ant\n\nbee\n"), [none], "{layout}");
        assert!(with("\nant\nbee\n")[0].starts_with("labels.txt:1: "), "{layout}");
        assert!(with("ant\nbee\n\n \n").is_empty(), "{layout}");
        assert!(with(" ant \nbee\t\n").is_empty(), "{layout}");
        assert!(with("ant\n\nbee\n\nfly\n")[0].starts_with("labels.txt:2: "), "{layout}");
    }
}

#[test]
fn numbered_classes_may_share_a_name_but_it_is_told() {
    let folder = folder([
        ("train800.txt", "1.png 0\n2.png 1\n3.png 2\n"),
        ("labels.txt", "crane\nheron\ncrane\n"),
        ("1.png", "1"),
        ("2.png", "2"),
        ("3.png", "3"),
    ]);
    let read = read(&folder);
    assert_eq!(read.sound().classes, ["crane", "heron", "crane"]);
    assert!(read.notes[0].starts_with("classes 0 and 2 have the same name, crane: "), "{read:?}");
}

/// Two images with these labels in each layout that has labels as text.
fn labelled(first: &str, second: &str) -> Vec<(&'static str, tempfile::TempDir)> {
    let table =
        |comma: &str| format!("path{comma}label\n1.png{comma}{first}\n2.png{comma}{second}\n");
    let line =
        |path: &str, label: &str| format!("{{\"path\": \"{path}\", \"label\": \"{label}\"}}\n");
    let files = [
        ("train800.txt", format!("1.png {first}\n2.png {second}\n")),
        ("train.json", format!("{{\"1.png\": \"{first}\", \"2.png\": \"{second}\"}}")),
        ("train.csv", table(",")),
        ("train.tsv", table("\t")),
        ("metadata.csv", table(",")),
        ("train.jsonl", line("1.png", first) + &line("2.png", second)),
    ];
    let images = || [("1.png".to_owned(), "1".to_owned()), ("2.png".to_owned(), "2".to_owned())];
    let with = |(name, text): (&'static str, String)| {
        (name, folder(images().into_iter().chain([(name.to_owned(), text)])))
    };
    files.into_iter().map(with).collect()
}

#[test]
fn a_label_with_leading_zeros_is_a_name() {
    for (name, folder) in labelled("10", "01") {
        let read = read(&folder);
        assert_eq!(read.sound().classes, ["01", "10"], "{name}");
        assert_eq!(read.facts()[0], [(1, "10"), (2, "01")], "{name}");
        assert!(
            read.notes[0].starts_with("labels: 1 of 2 are numbers, others are names (such as 01)")
        );
    }
    for (name, folder) in labelled("007", "7") {
        assert_eq!(read(&folder).sound().classes, ["007", "7"], "{name}");
    }
    for (name, folder) in labelled("007", "005") {
        let read = read(&folder);
        assert_eq!(read.sound().classes, ["005", "007"], "{name}");
        let told = "labels: with leading zeros (such as 007) they are names, not numbers";
        assert_eq!(read.notes[0], told, "{name}");
    }
    // Numbers are what they were: classes, or in FGVC lists an order.
    for (name, folder) in labelled("1", "0") {
        let read = read(&folder);
        assert_eq!(read.sound().classes, ["0", "1"], "{name}");
        assert_eq!(read.notes, ["train: 2 of 2 classes have one image only: 0, 1"], "{name}");
    }
}

#[test]
fn digits_in_any_width_count_the_lines_of_names() {
    let names = |folder: &tempfile::TempDir, text: &str| {
        fs_err::write(folder.path().join("labels.txt"), text).unwrap();
    };
    let folders = folder([("00001/1.png", "1"), ("00000/2.png", "2")]);
    for (name, folder) in labelled("00001", "00000").into_iter().chain([("folders", folders)]) {
        names(&folder, "stop\nyield\n");
        let counted = read(&folder);
        let mut facts = counted.facts()[0].clone();
        facts.sort_unstable();
        assert_eq!(facts, [(1, "yield"), (2, "stop")], "{name}");
        names(&folder, "00001\n00000\n");
        assert_eq!(read(&folder).sound().classes, ["00001", "00000"], "{name}");
        names(&folder, "00000\nyield\n");
        let problems = read(&folder).problems;
        let told = problems[0].contains("unknown class: expected a class of labels.txt, got ");
        assert!(told && problems[0].ends_with("00001"), "{name}: {problems:?}");
    }
}

#[test]
fn numbers_that_are_names_of_others_are_told() {
    let files = [("1.png", "1"), ("2.png", "2"), ("train.csv", "path,label\n1.png,1\n2.png,2\n")];
    let told = |names: &'static str| {
        let folder = folder(files.into_iter().chain([("labels.txt", names)]));
        let notes = read(&folder).notes;
        notes.into_iter().find(|note| note.starts_with("labels count the lines"))
    };
    let expected = "labels count the lines of labels.txt from 0: label 0 is called 1";
    assert_eq!(told("1\n2\n3\n").unwrap(), expected);
    assert_eq!((told("0\n1\n2\n"), told("none\n1\n2\n")), (None, None));
}
