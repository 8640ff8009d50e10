//! Parquet files that `datasets` and pyarrow wrote, against what they read back
//! (`tools/make-parquet-fixture.py`).

#![allow(clippy::unwrap_used)] // the helpers between the tests, too

use std::path::PathBuf;

use provpt_data::{Split, Task, TaskSpec, open, survey};
use rayon::prelude::*;
use safetensors::SafeTensors;
use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/parquet")).join(name)
}

/// What is at a path; nothing is split off.
fn spec(name: &str) -> TaskSpec {
    let path = Some(fixture(name));
    TaskSpec { path, val_fraction: 0.0, test_fraction: 0.0, ..TaskSpec::new("parquet") }
}

fn message(name: &str) -> String {
    let message = open(&spec(name)).unwrap_err().to_string();
    assert_eq!(message.lines().count(), 1, "{message}");
    message.replace(&format!("{}/", fixture("").display()).replace("//", "/"), "")
}

/// Labels as the library has them: a number of a class, or its name.
fn compare_labels(task: &Task, split: &Split, expected: &Value) {
    let rows = expected.as_array().unwrap();
    assert_eq!(split.len(), rows.len());
    for (&label, row) in split.labels().iter().zip(rows) {
        match &row["label"] {
            Value::String(name) => assert_eq!(task.classes[label], *name),
            number => assert_eq!(Some(label as u64), number.as_u64()),
        }
    }
}

/// PNG exact; JPEG within 2 levels of Pillow, 0.5 on average.
fn compare_pixels(split: &Split, pixels: &SafeTensors<'_>, name: &str, index: usize) {
    let (image, name) = (split.image(index).unwrap(), format!("{name}/{index}"));
    let expected = pixels.tensor(&name).unwrap();
    assert_eq!([image.height(), image.width(), 3], expected.shape()[..], "{name}");
    let apart = image.pixels().iter().zip(expected.data()).map(|(a, b)| a.abs_diff(*b));
    let apart: Vec<u8> = apart.collect();
    let jpeg = split.encoded(index).unwrap().unwrap().starts_with(b"\xff\xd8");
    let (most, sum) =
        (*apart.iter().max().unwrap(), apart.iter().map(|&d| f64::from(d)).sum::<f64>());
    let (allowed, mean) = if jpeg { (2, 0.5) } else { (0, 0.0) };
    assert!(most <= allowed && sum / apart.len() as f64 <= mean, "{name}: {most}");
}

/// Everything of a split, forwards, backwards and from several threads at once.
fn compare(task: &Task, split: &Split, name: &str, of: &str) {
    let text = fs_err::read_to_string(fixture("expected.json")).unwrap();
    let values: Value = serde_json::from_str(&text).unwrap();
    compare_labels(task, split, &values[name][of]);
    let bytes = fs_err::read(fixture("expected.safetensors")).unwrap();
    let pixels = SafeTensors::deserialize(&bytes).unwrap();
    let one = |index| compare_pixels(split, &pixels, &format!("{name}/{of}"), index);
    (0..split.len()).for_each(one);
    (0..split.len()).rev().for_each(one);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build().unwrap();
    pool.install(|| (0..4 * split.len()).into_par_iter().for_each(|i| one(i * 7 % split.len())));
}

#[test]
fn a_data_set_of_the_official_library_reads_as_it_reads_it() {
    let task = open(&spec("photos")).unwrap();
    assert_eq!(task.classes, ["heron", "wren", "avocet", "dunlin"]);
    assert!(task.val.is_none());
    compare(&task, &task.train, "photos", "train");
    compare(&task, task.test.as_ref().unwrap(), "photos", "test");
    let name = &task.train.names()[12];
    assert!(name.ends_with("photos/data/train-00001-of-00002.parquet#0"), "{name}");
    assert_eq!(open(&spec("photos/data")).unwrap().train.labels(), task.train.labels());
}

#[test]
fn compressions_pages_and_dictionaries_make_no_difference() {
    for name in ["none", "snappy", "gzip", "zstd", "lz4"].map(|c| format!("codec-{c}.parquet")) {
        let task = open(&spec(&name)).unwrap();
        assert_eq!(task.classes, ["avocet", "dunlin", "heron", "wren"]);
        compare(&task, &task.train, &name, "train");
    }
    let task = open(&spec("pages.parquet")).unwrap();
    compare(&task, &task.train, "pages.parquet", "train");
}

#[test]
fn rows_without_bytes_name_a_file() {
    let task = open(&spec("paths")).unwrap();
    assert_eq!(task.classes, ["0", "1"]);
    compare(&task, &task.train, "paths", "train");
    let task = open(&spec("null.parquet")).unwrap();
    assert_eq!(task.train.labels(), [1, 0, 1]);
    assert!(task.train.image(0).is_ok());
    let message = |index| {
        let error = task.train.image(index).unwrap_err().to_string();
        error.split_once("null.parquet: ").unwrap().1.to_owned()
    };
    let start = "image: expected bytes, or the path of a file, got";
    assert_eq!(message(1), format!("row 1: {start} no/such.png"));
    assert_eq!(message(2), format!("row 2: {start} null"));
}

#[test]
fn a_split_without_labels_is_left_out() {
    let task = open(&spec("hidden")).unwrap();
    assert_eq!((task.train.len(), task.test), (8, None));
    let spec = TaskSpec { test_fraction: 0.25, ..spec("hidden") };
    let task = open(&spec).unwrap();
    assert_eq!((task.train.len(), task.test.map(|test| test.len())), (4, Some(4)));
}

#[test]
fn what_does_not_add_up_is_refused() {
    let columns = "an integer or string column named label, labels, class, target or fine_label, \
        or a class label, got columns text string, picture binary";
    assert_eq!(
        message("no-label.parquet"),
        format!("no-label.parquet: label column: expected {columns}")
    );
    let error = open(&TaskSpec { number_classes: Some(5), ..spec("photos") }).unwrap_err();
    let end = "train-00000-of-00002.parquet: number of classes: expected 5, got 4";
    assert!(error.to_string().ends_with(end), "{error}");
    let shard = fixture("hidden/test-00000-of-00001.parquet");
    let alone = TaskSpec { path: Some(shard), ..spec("") };
    let (task, problems) = survey(&alone).unwrap();
    assert_eq!((task.train.len(), problems.len()), (0, 4));
    let end = "test-00000-of-00001.parquet: row 3: label: expected 0..4, got -1";
    assert!(problems[3].to_string().ends_with(end), "{}", problems[3]);
}

/// A folder with files of two data sets.
#[test]
fn shards_of_one_data_set_must_agree_and_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let copy = |from: &str, to: &str| {
        fs_err::copy(fixture(from), folder.path().join(to)).unwrap();
    };
    let complaint = || {
        let error =
            open(&TaskSpec { path: Some(folder.path().to_owned()), ..spec("") }).unwrap_err();
        error.to_string().replace(&format!("{}/", folder.path().display()), "")
    };
    copy("photos/data/train-00001-of-00002.parquet", "train-00001-of-00002.parquet");
    let missing = "train-00001-of-00002.parquet: missing shards: expected 2, got 1";
    assert_eq!(complaint(), missing);
    copy("paths/train.parquet", "train-00000-of-00002.parquet");
    let disagree = "train-00001-of-00002.parquet: classes: expected none as in \
        train-00000-of-00002.parquet, got heron, wren, avocet, dunlin";
    assert_eq!(complaint(), disagree);
}

/// Found by fuzzing: damaged files that the decoder answered with a panic.
#[test]
fn damaged_pages_are_told() {
    let path = fixture("../fuzz/parquet-value-past-the-page");
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("train.parquet");
    fs_err::copy(path, &copy).unwrap();
    let spec = TaskSpec { path: Some(copy), ..spec("") };
    let (task, _) = survey(&spec).unwrap();
    let images = (0..task.train.len()).map(|index| task.train.image(index));
    let messages: Vec<String> = images.filter_map(|image| Some(image.err()?.to_string())).collect();
    assert!(messages.iter().any(|message| message.contains("damaged Parquet file: ")));
    assert!(messages.iter().all(|message| !message.contains("range start")), "{messages:?}");
}
