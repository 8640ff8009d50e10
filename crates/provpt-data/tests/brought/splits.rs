//! Every spelling of a split, in every layout: used, or named.

use crate::{folder, read};

const SPELLINGS: [(&str, &str, &str); 13] = [
    ("train", "val", "test"),
    ("train", "valid", "test"),
    ("train", "validation", "testing"),
    ("train", "Val", "Test"),
    ("train", "dev", "eval"),
    ("Train", "Valid", "Testing"),
    ("TRAIN", "VAL", "TEST"),
    ("training", "validation", "evaluation"),
    ("trn", "val", "tst"),
    ("training_set", "validation_set", "test_set"),
    ("Train Data", "Val Data", "Test Data"),
    ("train2017", "val2017", "test2017"),
    ("train-00000-of-00001", "validation-00000-of-00001", "test-00000-of-00001"),
];

#[test]
fn folders() {
    for (train, val, test) in SPELLINGS {
        let file = |split: &str, class: &str| format!("{split}/{class}/1.png");
        let folder = folder([
            (file(train, "a"), "1"),
            (file(train, "b"), "2"),
            (file(val, "a"), "3"),
            (file(test, "b"), "4"),
        ]);
        let expected = [vec![(1, "a"), (2, "b")], vec![(3, "a")], vec![(4, "b")]];
        assert_eq!(read(&folder).facts(), expected, "{train} {val} {test}");
    }
}

#[test]
fn tables_and_lists_of_json() {
    for (train, val, test) in SPELLINGS {
        let images = [("1.png", "1"), ("2.png", "2"), ("3.png", "3"), ("4.png", "4")];
        let csv =
            ["path,label\n1.png,a\n2.png,b\n", "path,label\n3.png,a\n", "path,label\n4.png,b\n"];
        let json =
            ["{\"1.png\": \"a\", \"2.png\": \"b\"}", "{\"3.png\": \"a\"}", "{\"4.png\": \"b\"}"];
        let lines = [
            "{\"path\": \"1.png\", \"label\": \"a\"}\n{\"path\": \"2.png\", \"label\": \"b\"}",
            "{\"path\": \"3.png\", \"label\": \"a\"}",
            "{\"path\": \"4.png\", \"label\": \"b\"}",
        ];
        for (ending, texts) in [("csv", csv), ("CSV", csv), ("json", json), ("jsonl", lines)] {
            let lists = [train, val, test].map(|split| format!("{split}.{ending}"));
            let lists = lists.iter().map(String::as_str).zip(texts);
            let folder = folder(images.into_iter().chain(lists));
            let expected = [vec![(1, "a"), (2, "b")], vec![(3, "a")], vec![(4, "b")]];
            assert_eq!(read(&folder).facts(), expected, "{train} {val} {test} {ending}");
        }
    }
}

#[test]
fn metadata_in_folders_of_splits() {
    for (train, val, test) in SPELLINGS {
        let table = |split: &str| format!("{split}/metadata.csv");
        let image = |split: &str| format!("{split}/1.png");
        let text = "file_name,label\n1.png,a\n";
        let folder = folder([
            (image(train), "1"),
            (format!("{train}/2.png"), "2"),
            (image(val), "3"),
            (image(test), "4"),
            (table(train), "file_name,label\n1.png,a\n2.png,b\n"),
            (table(val), text),
            (table(test), text),
        ]);
        let expected = [vec![(1, "a"), (2, "b")], vec![(3, "a")], vec![(4, "a")]];
        assert_eq!(read(&folder).facts(), expected, "{train} {val} {test}");
    }
}

#[test]
fn two_folders_of_one_split_are_refused() {
    let folder = folder([
        ("train/a/1.png", "1"),
        ("train/b/2.png", "2"),
        ("val/a/3.png", "3"),
        ("valid/b/4.png", "4"),
    ]);
    let several = "FOLDER: val split: expected one list or folder, got val/, valid/";
    assert_eq!(read(&folder).problems, [several]);
}

#[test]
fn other_folders_beside_train_are_named() {
    let folder = folder([
        ("train/a/1.png", "1"),
        ("train/b/2.png", "2"),
        ("extra/a/3.png", "3"),
        ("unlabeled/4.png", "4"),
    ]);
    let read = read(&folder);
    assert_eq!(read.facts()[0], [(1, "a"), (2, "b")]);
    assert_eq!(read.notes[0], "not used, beside train/: extra/, unlabeled/");
}

#[test]
fn a_test_folder_without_classes_is_not_used_and_named() {
    let folder = folder([("train/a/1.png", "1"), ("train/b/2.png", "2"), ("test/3.png", "3")]);
    let read = read(&folder);
    assert_eq!(read.sound().test, None);
    assert_eq!(read.notes[0], "test/ has images, but no class folders: it is not used");
}

#[test]
fn a_training_folder_alone_is_a_split_by_any_name() {
    for name in ["train", "Training"] {
        let folder = folder([(format!("{name}/a/1.png"), "1"), (format!("{name}/b/2.png"), "2")]);
        assert_eq!(read(&folder).facts()[0], [(1, "a"), (2, "b")], "{name}");
    }
}

#[test]
fn classes_may_be_called_like_splits() {
    let folder = folder([("plane/1.png", "1"), ("train/2.png", "2"), ("test/3.png", "3")]);
    assert_eq!(read(&folder).sound().classes, ["plane", "test", "train"]);
    let folder = crate::folder([("racing/x/1.png", "1"), ("training/x/2.png", "2")]);
    assert_eq!(read(&folder).sound().classes, ["racing", "training"]);
}

#[test]
fn lists_of_other_names_beside_those_of_vtab_are_named() {
    let folder = folder([
        ("train800.txt", "1.png 0\n2.png 1\n"),
        ("valid.txt", "3.png 0\n"),
        ("test1000.txt", "3.png 0\n"),
        ("notes.txt", "3.png 0\n"),
        ("1.png", "1"),
        ("2.png", "2"),
    ]);
    let read = read(&folder);
    assert_eq!((read.sound().train.len(), &read.sound().val), (2, &None));
    assert_eq!(read.notes[0], "not used: test1000.txt, valid.txt");
}

#[test]
fn lists_that_are_not_read_are_named_in_every_layout() {
    let table = "path,label\n1.png,a\n2.png,b\n";
    let more = [("train2.csv", "x"), ("valid_old.txt", "x"), ("test10.json", "{}"), ("x.csv", "x")];
    for lists in [
        [("train800.txt", "1.png a\n2.png b\n")],
        [("train.json", "{\"1.png\": \"a\", \"2.png\": \"b\"}")],
        [("train.csv", table)],
        [("a/1.png", "1")],
    ] {
        let images = [("1.png", "1"), ("2.png", "2"), ("b/2.png", "2")];
        let folder = folder(images.into_iter().chain(lists).chain(more));
        let read = read(&folder);
        assert_eq!(read.facts()[0], [(1, "a"), (2, "b")]);
        let expected = "not used: test10.json, train2.csv, valid_old.txt";
        assert_eq!(read.notes[0], expected, "{lists:?}");
    }
    // The lists of shares are meant to lie there.
    let images = [("1.png", "1"), ("2.png", "2")];
    let whole = "{\"1.png\": \"a\", \"2.png\": \"b\"}";
    let shares = [("train.json", whole), ("train_0.1.json", whole), ("train_0.5.json", whole)];
    let read = read(&folder(images.into_iter().chain(shares)));
    assert!(!read.notes.iter().any(|note| note.starts_with("not used")), "{read:?}");
}

#[test]
fn a_folder_of_training_and_validation_images_is_learned_from() {
    for name in ["trainval", "Train_Val"] {
        let folder = folder([
            (format!("{name}/a/1.png"), "1"),
            (format!("{name}/b/2.png"), "2"),
            ("test/a/3.png".to_owned(), "3"),
        ]);
        let expected = [vec![(1, "a"), (2, "b")], vec![], vec![(3, "a")]];
        assert_eq!(read(&folder).facts(), expected, "{name}");
    }
}

#[test]
fn metadata_that_some_splits_lack_or_have_twice_is_told() {
    let table = "file_name,label\n1.png,a\n2.png,b\n";
    let files = [("train/1.png", "1"), ("train/2.png", "2"), ("train/metadata.csv", table)];
    let lacking = folder(files.into_iter().chain([("test/3.png", "3")]));
    let lacking = read(&lacking);
    assert_eq!((lacking.sound().train.len(), &lacking.sound().test), (2, &None));
    assert_eq!(lacking.notes[0], "test/ has no metadata: it is not used");
    let one = "file_name,label\n3.png,a\n";
    let twice = [("val/3.png", "3"), ("dev/3.png", "4"), ("val/metadata.csv", one)];
    let twice = twice.into_iter().chain([("dev/metadata.csv", one)]);
    let twice = folder(files.into_iter().chain(twice));
    let several = "FOLDER: val split: expected one list or folder, got dev/metadata.csv, \
                   val/metadata.csv";
    assert_eq!(read(&twice).problems, [several]);
    let forms = "{\"file_name\": \"1.png\", \"text\": \"an a\"}\n";
    let forms = folder(files.into_iter().chain([("train/metadata.jsonl", forms)]));
    assert_eq!(read(&forms).sound().train.len(), 2, "the one with labels");
}

/// Classes may be called like splits; folders that are all called so are none.
#[test]
fn folders_called_like_splits_are_classes_where_others_are() {
    let none = "FOLDER: unknown layout: ";
    for files in [&["val/1.png", "test/2.png"][..], &["train/1.png", "test/2.png"], &["val/1.png"]]
    {
        let folder = folder(files.iter().zip(["1", "2"]));
        let read = read(&folder);
        assert!(read.task.is_none() && read.problems[0].starts_with(none), "{files:?}: {read:#?}");
    }
    let folder_of = |files: &[&str]| folder(files.iter().zip(["1", "2", "3"]));
    let mixed = folder_of(&["test/1.png", "red/2.png"]);
    assert_eq!(read(&mixed).facts()[0], [(2, "red"), (1, "test")]);
    // A class without images is told; no class with any is another thing.
    let empty = folder_of(&["red/1.png", "blue/2.png", "green/3.txt"]);
    std::fs::write(empty.path().join("green/3.txt"), "text").unwrap();
    let problems = read(&empty).problems;
    assert!(problems.len() == 1 && problems[0].starts_with("green: "), "{problems:?}");
    let texts = folder(["red/1.txt", "blue/2.txt"].map(|name| (name, "text")));
    let read = read(&texts);
    assert!(read.task.is_none() && read.problems[0].starts_with(none), "{read:#?}");
}
