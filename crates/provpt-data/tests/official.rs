//! Tasks of the catalogue out of tensorflow-datasets folders, against what the official library
//! cuts out of them (`tools/make-tfds-fixture.py`). The stand-ins are tiny, so sizes go unchecked.

#![allow(clippy::unwrap_used)] // the helpers between the tests, too

use std::path::{Path, PathBuf};

use provpt_data::{Error, Split, TaskSpec, TrainSplit, catalogue, open, survey};
use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/tfds")).join(name)
}

fn spec(task: &str, path: impl AsRef<Path>) -> TaskSpec {
    TaskSpec { path: Some(path.as_ref().to_owned()), check_sizes: false, ..TaskSpec::new(task) }
}

fn expected() -> Value {
    serde_json::from_str(&fs_err::read_to_string(fixture("vtab.json")).unwrap()).unwrap()
}

fn compare(task: &str, name: &str, split: &Split, expected: &Value) {
    let ids: Vec<&str> =
        expected["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    assert_eq!(split.names(), ids, "{task} {name}");
    let labels: Vec<usize> = expected["labels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|label| label.as_u64().unwrap() as usize)
        .collect();
    assert_eq!(split.labels(), labels, "{task} {name}");
    if let Some(pixels) = expected["pixels"].as_array() {
        let pixels: Vec<u8> = pixels.iter().map(|p| p.as_u64().unwrap() as u8).collect();
        assert_eq!(split.image(0).unwrap().pixels(), pixels, "{task} {name}");
    }
}

const FOLDERS: [(&str, &str, &str); 5] = [
    ("clevr_count", "clevr", "3.1.0"),
    ("vtab-clevr(task=\"closest_object_distance\")", "clevr", "3.1.0"),
    ("kitti", "kitti", "3.2.0"),
    ("dsprites_loc", "dsprites", "2.0.0"),
    ("dsprites_ori", "dsprites", "2.0.0"),
];

#[test]
fn examples_and_labels_are_those_of_the_official_library() {
    let expected = expected();
    for (name, folder, version) in FOLDERS {
        let known = catalogue::find(name).unwrap();
        let expected = &expected[known.name];
        let folder = fixture(folder);
        // The version, the data set, a folder of many data sets.
        for path in [folder.join(version), folder, fixture("")] {
            let task = open(&spec(name, path)).unwrap();
            assert_eq!((task.name.as_str(), task.classes.len()), (name, known.classes));
            let splits = [("train", Some(&task.train)), ("val", task.val.as_ref())];
            for (part, split) in splits.into_iter().chain([("test", task.test.as_ref())]) {
                compare(name, part, split.unwrap(), &expected[part]);
            }
        }
    }
}

#[test]
fn validation_can_be_trained_on() {
    let both = TaskSpec { train: TrainSplit::TrainVal, ..spec("kitti", fixture("kitti")) };
    let both = open(&both).unwrap();
    let apart = open(&spec("kitti", fixture("kitti"))).unwrap();
    assert_eq!(both.val, None);
    let names = [apart.train.names(), apart.val.unwrap().names()].concat();
    assert_eq!(both.train.names(), names);
    assert_eq!(both.test, apart.test);
}

#[test]
fn class_names_come_from_the_rule() {
    let task = open(&spec("kitti", fixture("kitti"))).unwrap();
    assert_eq!(task.classes, ["up to 8", "8 to 20", "over 20", "none"]);
}

fn complaint(spec: &TaskSpec) -> String {
    let message = open(spec).unwrap_err().to_string();
    let folder = fixture("").display().to_string();
    message.replace(folder.trim_end_matches('/'), "FIXTURES")
}

#[test]
fn what_does_not_add_up_is_refused() {
    let checked = TaskSpec { check_sizes: true, ..spec("clevr_count", fixture("clevr")) };
    assert_eq!(
        complaint(&checked),
        "FIXTURES/clevr/3.1.0/dataset_info.json: official size of split train: expected 70000 \
         examples, got 30"
    );
    assert_eq!(
        complaint(&spec("clevr_count", fixture("kitti"))),
        "FIXTURES/kitti/3.2.0/dataset_info.json: data set of task clevr_count: expected clevr, \
         got kitti"
    );
    let wrong = TaskSpec { number_classes: Some(9), ..spec("kitti", fixture("kitti")) };
    assert_eq!(complaint(&wrong), "task kitti: number of classes: expected 9, got 4");
}

/// A copy of a stand-in, to be damaged.
fn copy(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs_err::read_dir(fixture(name)).unwrap() {
        let entry = entry.unwrap();
        fs_err::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    folder
}

#[test]
fn damage_is_named_with_shard_and_offset() {
    let folder = copy("kitti/3.2.0");
    let shard = folder.path().join("kitti-train.tfrecord-00001-of-00002");
    let whole = fs_err::read(&shard).unwrap();
    let second = 16 + u64::from_le_bytes(whole[..8].try_into().unwrap());
    let at = format!("{}: record at byte {second}: ", shard.display());

    let mut flipped = whole.clone();
    flipped[second as usize + 20] ^= 4;
    fs_err::write(&shard, &flipped).unwrap();
    let spec = spec("kitti", folder.path());
    let message = open(&spec).unwrap_err().to_string();
    assert!(message.starts_with(&format!("{at}checksum of its data: expected 0x")), "{message}");
    // Everything else can be used.
    let (task, problems) = survey(&spec).unwrap();
    assert_eq!((task.train.len(), problems.len()), (19, 1));
    assert!(matches!(problems[..], [Error::Tfds(_)]));

    fs_err::write(&shard, &whole[..second as usize + 30]).unwrap();
    let message = open(&spec).unwrap_err().to_string();
    assert!(message.starts_with(&format!("{at}truncated: expected ")), "{message}");
}
