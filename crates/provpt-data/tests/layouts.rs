//! Which layout a path is taken for, and what told it.

#![allow(clippy::unwrap_used)] // the helpers between the tests, too

use std::path::{Path, PathBuf};

use provpt_data::{Recognised, TaskSpec, open, survey};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

fn recognised(name: &str, path: &Path) -> String {
    let path = Some(path.to_owned());
    let spec = TaskSpec { path, check_sizes: false, ..TaskSpec::new(name) };
    let (task, _) = survey(&spec).unwrap();
    let Recognised { layout, by } = task.recognised;
    format!("{layout}: {by}")
}

#[test]
fn every_layout_says_what_told_it() {
    for (path, expected) in [
        ("lists/one.csv", "table of paths and labels: a file that ends in .csv"),
        ("parquet/pages.parquet", "Parquet: a file that ends in .parquet"),
        (
            "tfds/tiny_digits/small",
            "tensorflow-datasets: dataset_info.json and features.json in 3.0.1",
        ),
        ("lists/cub", "FGVC lists: train.json"),
        ("lists/tables", "tables of paths and labels: train.csv"),
        ("lists/metadata", "tables of paths and labels: train/metadata.csv"),
        ("lists/lines", "tables of paths and labels: train.jsonl"),
        ("parquet/photos", "Parquet: data/test-00000-of-00001.parquet"),
    ] {
        assert_eq!(recognised("", &fixtures().join(path)), expected, "{path}");
    }
    let by = "clevr/3.1.0/dataset_info.json, read as task clevr_count";
    let expected = format!("tensorflow-datasets: {by}");
    assert_eq!(recognised("clevr_count", &fixtures().join("tfds")), expected);
}

#[test]
fn folders_and_lists_say_so_too() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::create_dir(folder.path().join("a")).unwrap();
    fs_err::write(folder.path().join("a/1.png"), "").unwrap();
    let expected = "folder per class: no lists, tables or data sets beside its subfolders";
    assert_eq!(recognised("", folder.path()), expected);
    fs_err::write(folder.path().join("train800val200.txt"), "a/1.png 0\na/1.png 1\n").unwrap();
    let spec = TaskSpec {
        path: Some(folder.path().to_owned()),
        train: provpt_data::TrainSplit::TrainVal,
        ..TaskSpec::new("")
    };
    let task = open(&spec).unwrap();
    assert_eq!(task.recognised.layout, "VTAB-1k lists");
    assert_eq!(task.recognised.by, "train800val200.txt");
    let drawn = open(&TaskSpec::new("sprites-location")).unwrap().recognised;
    assert_eq!(
        (drawn.layout, drawn.by.as_str()),
        ("generated images", "the name sprites-location")
    );
}

#[test]
fn a_file_of_another_kind_is_there_all_the_same() {
    let path = fixtures().join("vit.google.npz");
    let spec = TaskSpec { path: Some(path), ..TaskSpec::new("") };
    let message = open(&spec).unwrap_err().to_string();
    let expected = "vit.google.npz: kind of file: expected a folder, or a .csv, .tsv, .jsonl, \
                    .ndjson or .parquet file, got another";
    assert!(message.ends_with(expected), "{message}");
}

/// A data set given by a folder further up: as it is where it is the only one, else refused.
#[test]
fn a_data_set_below_the_folder_is_taken_if_it_is_the_only_one() {
    let root = tempfile::tempdir().unwrap();
    let copy = |from: &str, to: &str| {
        let to = root.path().join(to);
        fs_err::create_dir_all(&to).unwrap();
        for file in fs_err::read_dir(fixtures().join("tfds").join(from)).unwrap() {
            let file = file.unwrap();
            fs_err::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    };
    copy("tiny_digits/small/3.0.1", "all/tiny_digits/small/3.0.1");
    let read = |inside: &str| {
        let path = Some(root.path().join(inside));
        survey(&TaskSpec { path, ..TaskSpec::new("") }).map(|(task, _)| task)
    };
    let whole = read("all/tiny_digits/small/3.0.1").unwrap();
    for (above, inside) in [("all/tiny_digits", "small"), ("all", "tiny_digits/small")] {
        let task = read(above).unwrap();
        assert_eq!((task.images(), &task.classes), (whole.images(), &whole.classes));
        let expected = format!("dataset_info.json and features.json in {inside}/3.0.1");
        assert_eq!(task.recognised.by, expected);
        assert_eq!(task.recognised.layout, "tensorflow-datasets");
    }
    copy("clevr/3.1.0", "other/clevr/3.1.0");
    let told = read("").unwrap_err().to_string();
    let got = "expected one data set, got all/tiny_digits/small/3.0.1, other/clevr/3.1.0";
    assert!(told.ends_with(got), "{told}");
    // A published task takes its own examples there, too.
    fs_err::remove_dir_all(root.path().join("all")).unwrap();
    let by = "dataset_info.json, read as task clevr_count in other/clevr/3.1.0";
    assert_eq!(recognised("clevr_count", root.path()), format!("tensorflow-datasets: {by}"));
}
