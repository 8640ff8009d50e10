//! Lists of path and label that Python wrote (`tools/make-lists-fixture.py`), and such as nobody
//! should write.

#![allow(clippy::unwrap_used)] // the helpers between the tests, too

use std::path::{Path, PathBuf};

use provpt_data::{Split, Task, TaskSpec, TrainSplit, open, survey};
use serde_json::Value;
use tempfile::TempDir;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/lists")).join(name)
}

/// What is at a path; nothing is split off.
fn spec(path: impl Into<PathBuf>) -> TaskSpec {
    let path = Some(path.into());
    TaskSpec { path, val_fraction: 0.0, test_fraction: 0.0, ..TaskSpec::new("lists") }
}

/// `[path, class, colour]` of each image, as `expected.json` has them.
fn rows(task: &Task, split: &Split) -> Value {
    let root = format!("{}/", fixture("").display()).replace("//", "/");
    let row = |i: usize| {
        let path = split.names()[i].replace("//", "/").replace(&root, "");
        let color = split.image(i).unwrap().pixels()[..3].to_vec();
        serde_json::json!([path, task.classes[split.labels()[i]], color])
    };
    (0..split.len()).map(row).collect()
}

fn expected(name: &str, split: &str) -> Value {
    let text = fs_err::read_to_string(fixture("expected.json")).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    assert!(all[name][split].is_array(), "{name} {split}");
    all[name][split].clone()
}

fn compare(name: &str, val: Option<&str>, test: bool) -> Task {
    let task = open(&spec(fixture(name))).unwrap();
    assert_eq!(rows(&task, &task.train), expected(name, "train"), "{name}");
    for (split, other) in [(&task.val, val), (&task.test, test.then_some("test"))] {
        let got = split.as_ref().map(|split| rows(&task, split));
        assert_eq!(got, other.map(|split| expected(name, split)), "{name} {other:?}");
    }
    task
}

#[test]
fn fgvc_lists_are_read_from_every_published_root() {
    let task = compare("cub", Some("val"), true);
    assert_eq!(task.classes, ["3", "7", "12"]);
    assert_eq!(task.train.labels(), [1, 0, 0, 2, 2, 1, 1, 2]);
    assert_eq!(compare("dogs", None, true).classes, ["1", "2"]);
    assert_eq!(compare("flowers", Some("val"), true).classes, ["9", "102"]);
}

#[test]
fn fgvc_shares_have_lists_of_their_own() {
    let task = open(&TaskSpec { percentage: 0.5, ..spec(fixture("cub")) }).unwrap();
    assert_eq!(rows(&task, &task.train), expected("cub", "train_0.5"));
    assert_eq!(rows(&task, task.val.as_ref().unwrap()), expected("cub", "val"));
    let message = |percentage, path: &str| {
        let error = open(&TaskSpec { percentage, ..spec(fixture(path)) }).unwrap_err();
        error.to_string().replace(&format!("{}/", fixture("").display()).replace("//", "/"), "")
    };
    let unknown = "unknown class: expected a class of train, got 3";
    assert!(message(0.25, "cub").ends_with(&format!("cub/val.json:1: {unknown}")));
    assert!(
        message(0.1, "cub").ends_with("train_0.1.json: missing list: expected a file, got none")
    );
    let error = message(0.1, "tables");
    assert!(error.ends_with("tables: percentage: expected 1 for this layout, got 0.1"), "{error}");
}

#[test]
fn tables_of_all_kinds_are_read() {
    assert_eq!(compare("tables", Some("val"), true).classes, ["ant", "bee, wild", "owl"]);
    assert_eq!(compare("tabs", None, false).classes, ["zero", "one", "two"]);
    assert_eq!(compare("lines", Some("validation"), false).classes, ["0", "1", "2"]);
    assert_eq!(compare("one.csv", Some("val"), true).classes, ["fir", "oak"]);
    assert_eq!(compare("metadata", None, true).classes, ["down", "up"]);
    let alone = open(&spec(fixture("tables/train.csv"))).unwrap();
    assert_eq!(rows(&alone, &alone.train), expected("tables", "train"));
    assert!(alone.val.is_none() && alone.test.is_none());
}

#[test]
fn missing_splits_are_taken_from_train_and_val_can_be_folded_in() {
    let spec = TaskSpec { val_fraction: 0.3, test_fraction: 0.3, ..spec(fixture("tabs")) };
    let task = open(&spec).unwrap();
    let lens = |task: &Task| {
        let len = |split: &Option<Split>| split.as_ref().map(Split::len);
        (task.train.len(), len(&task.val), len(&task.test))
    };
    assert_eq!(lens(&task), (3, Some(3), Some(3)));
    assert_eq!(task, open(&spec).unwrap());
    let all = open(&TaskSpec { train: TrainSplit::TrainVal, ..spec }).unwrap();
    assert_eq!(lens(&all), (6, None, Some(3)));
}

/// A folder with these files; `.png` files are copies of one image.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        match name.ends_with(".png") {
            true => drop(fs_err::copy(fixture("tabs/images/0.png"), path).unwrap()),
            false => fs_err::write(path, text).unwrap(),
        }
    }
    folder
}

/// All that is wrong with a folder, or the file `name` in it.
fn problems(folder: &TempDir, name: &str) -> Vec<String> {
    let path = if name.is_empty() { folder.path().to_owned() } else { folder.path().join(name) };
    let found = survey(&spec(path)).map_or_else(|error| vec![error], |(_, problems)| problems);
    let one_line = |error: &provpt_data::Error| {
        let message = error.to_string();
        assert_eq!(message.lines().count(), 1, "{message}");
        message.replace(&format!("{}/", folder.path().display()), "")
    };
    found.iter().map(one_line).collect()
}

#[test]
fn all_problems_of_tables_are_told() {
    let train = "label,path\na,1.png\n,1.png\nb,none.png\nb,\"1.png\"\nc\n\nb,images/1.png";
    let folder = folder(&[
        ("1.png", ""),
        ("images/1.png", ""),
        ("train.csv", train),
        (
            "val.jsonl",
            "{\"path\": \"1.png\", \"label\": \"d\"}\nnonsense\n{\"path\": 3, \"label\": 1}",
        ),
    ]);
    let row = "malformed row: expected";
    let object = "an object with path (or file_name, ...) and label (or class, target, ...)";
    let expected = [
        format!("train.csv:3: {row} a path and a label, got `,1.png`"),
        format!("train.csv:6: {row} a path and a label, got `c`"),
        format!("val.jsonl:2: {row} {object}, got `nonsense`"),
        format!("val.jsonl:3: {row} a path that is text, got `{{\"path\": 3, \"label\": 1}}`"),
        "train.csv:4: missing image: expected none.png in the folder or its images/, got none"
            .into(),
        "val.jsonl:1: unknown class: expected a class of train, got d".into(),
    ];
    assert_eq!(problems(&folder, ""), expected);
    assert!(open(&spec(folder.path())).unwrap_err().to_string().ends_with(&expected[0]));
}

#[test]
fn tables_without_the_columns_are_refused() {
    let folder = folder(&[
        ("1.png", ""),
        ("bare.csv", "1.png,3\n"),
        ("empty.csv", ""),
        ("splits.csv", "path,label,split\n1.png,0,train\n1.png,0,holdout\n1.png,7,test"),
        ("twice/train.csv", "path,label\n"),
        ("twice/train.jsonl", ""),
        ("none/train.csv", "path,label\n"),
    ]);
    let columns = "malformed row: expected one of the columns path (or file_name, filename, \
        filepath, file, image_path, image) and one of label (or class, target, label_name), got";
    assert_eq!(problems(&folder, "bare.csv"), [format!("bare.csv:1: {columns} `1.png,3`")]);
    assert_eq!(problems(&folder, "empty.csv"), [format!("empty.csv:1: {columns} ``")]);
    let expected = [
        "splits.csv:3: split: expected train, val or test, got `holdout`",
        "splits.csv:4: label out of range: expected 0..1, got 7",
        "splits.csv: classes: expected at least two, got 0 alone",
    ];
    assert_eq!(problems(&folder, "splits.csv"), expected);
    let several = "twice: train split: expected one list or folder, got train.csv, train.jsonl";
    assert_eq!(problems(&folder, "twice"), [several]);
    let empty = "none/train.csv: empty train split: expected at least one image, got none";
    assert_eq!(problems(&folder, "none"), [empty]);
}

#[test]
fn metadata_of_one_folder_tells_splits_by_path_and_needs_labels() {
    let metadata = "file_name,label\ntrain/a.png,x\ntest/b.png,x\nc.png,y\n";
    let files =
        [("train/a.png", ""), ("test/b.png", ""), ("c.png", ""), ("metadata.csv", metadata)];
    let with_labels = folder(&files);
    let task = open(&spec(with_labels.path())).unwrap();
    assert_eq!(task.to_string(), "lists: 2 classes; 2 train, 1 test images");
    let captions = folder(&[
        ("train/cat/1.png", ""),
        ("train/dog/2.png", ""),
        ("train/metadata.csv", "file_name,text\ncat/1.png,a cat\n"),
    ]);
    assert_eq!(open(&spec(captions.path())).unwrap().classes, ["cat", "dog"]);
}

#[test]
fn class_counts_and_names_are_checked() {
    let train = "{\"b/1.png\": \"wren\", \"a/1.png\": \"owl\", \"1.png\": \"wren\"}";
    let files = [("images/b/1.png", ""), ("images/a/1.png", ""), ("images/1.png", "")];
    let folder = folder(&[&files[..], &[("train.json", train), ("labels.txt", "wren\n")]].concat());
    let message = |path: &Path, number_classes| {
        let error = open(&TaskSpec { number_classes, ..spec(path) }).map(|task| task.classes);
        error.map_err(|error| {
            error.to_string().replace(&format!("{}/", folder.path().display()), "")
        })
    };
    let unknown = "train.json:2: unknown class: expected a class of labels.txt, got owl";
    assert_eq!(message(folder.path(), None).unwrap_err(), unknown);
    let count = "labels.txt: number of classes: expected 3, got 1";
    assert_eq!(message(folder.path(), Some(3)).unwrap_err(), count);
    fs_err::remove_file(folder.path().join("labels.txt")).unwrap();
    assert_eq!(message(folder.path(), Some(2)).unwrap(), ["owl", "wren"]);
    let count = "train.json: number of classes: expected 3, got 2";
    assert_eq!(message(folder.path(), Some(3)).unwrap_err(), count);
}

#[test]
fn broken_json_is_refused() {
    for (text, cause) in [
        ("{\"a.png\": 1,", "EOF while parsing a value at line 1"),
        ("[1, 2]", "invalid type: sequence, expected an object {path: class id}"),
        ("{\"a.png\": [1]}", "class id of a.png: [1] at line 1 column"),
        ("{\"a.png\": 1.5}", "class id of a.png: 1.5 at line 1 column"),
        ("{} x", "trailing characters at line 1 column 4"),
    ] {
        let folder = folder(&[("train.json", text)]);
        let list = "train.json: malformed list: expected an object {path: class id}, got";
        let problems = problems(&folder, "");
        assert!(problems.len() == 1 && problems[0].starts_with(&format!("{list} {cause}")));
    }
    let nested = format!("{{\"a\": {}", "[".repeat(100_000));
    let folder = folder(&[("train.json", nested.as_str())]);
    assert!(problems(&folder, "")[0].contains("recursion limit exceeded"));
}
