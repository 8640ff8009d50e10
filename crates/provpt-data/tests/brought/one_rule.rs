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
