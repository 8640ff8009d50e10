//! Folders written by tensorflow-datasets, against what it reads back itself
//! (`tools/make-tfds-fixture.py`).

#![allow(clippy::unwrap_used)] // the helpers between the tests, too

use std::path::PathBuf;

use provpt_data::{Example, FeatureKind, Image, Task, TaskSpec, Tfds, TrainSplit, open};
use safetensors::SafeTensors;
use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/tfds")).join(name)
}

fn scenes() -> Tfds {
    Tfds::open(fixture("tiny_scenes/1.2.0")).unwrap()
}

fn expected() -> Value {
    serde_json::from_str(&fs_err::read_to_string(fixture("expected.json")).unwrap()).unwrap()
}

/// Levels of `image` less those expected; one channel stands for three.
fn differences(pixels: &SafeTensors<'_>, name: &str, image: &Image) -> Vec<u8> {
    let expected = pixels.tensor(name).unwrap();
    let channels = expected.shape()[2];
    assert_eq!([image.height(), image.width()], expected.shape()[..2], "{name}");
    let spread = expected.data().iter().flat_map(|&level| vec![level; 3 / channels]);
    image.pixels().iter().zip(spread).map(|(&got, level)| got.abs_diff(level)).collect()
}

#[test]
fn descriptions_are_as_written() {
    let set = scenes();
    assert_eq!((set.name(), set.version(), set.config()), ("tiny_scenes", "1.2.0", None));
    assert_eq!(set.splits().collect::<Vec<_>>(), [("train", 23), ("test", 7)]);
    let feature = |path| set.feature(path).unwrap();
    let names = |names: &[&str]| Some(names.iter().map(ToString::to_string).collect());
    let classes = names(&["cube", "sphere", "cylinder"]);
    assert_eq!(feature("label").kind, FeatureKind::Label { classes: 3, names: classes });
    let color = feature("objects/color");
    let classes = names(&["red", "green", "blue", "grey"]);
    assert_eq!(color.kind, FeatureKind::Label { classes: 4, names: classes });
    assert_eq!((&color.shape[..], color.sequences), (&[None][..], 1));
    assert_eq!(feature("objects/3d_coords").shape, [None, Some(3)]);
    assert_eq!(feature("matrix").shape, [Some(2), Some(3)]);
    assert_eq!(feature("image").kind, FeatureKind::Image { dtype: "uint8".to_owned() });
    assert_eq!((&feature("image").shape[..], feature("paths").sequences), (&[][..], 2));
    assert_eq!(feature("image/file_name").kind, FeatureKind::Text);
    let digits = Tfds::open(fixture("tiny_digits/small")).unwrap();
    assert_eq!((digits.version(), digits.config()), ("3.0.1", Some("small")));
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// All numbers of a nested list, in row-major order.
fn flat(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(rows) => rows.iter().flat_map(flat).collect(),
        Value::Bool(value) => vec![f64::from(u8::from(*value))],
        value => vec![value.as_f64().unwrap()],
    }
}

fn compare_values(example: &Example<'_>, expected: &Value) {
    let ints = |name: &str| -> Vec<f64> {
        example.ints(name).unwrap().into_iter().map(|value| value as f64).collect()
    };
    let floats = |name: &str| -> Vec<f64> {
        example.floats(name).unwrap().into_iter().map(f64::from).collect()
    };
    assert_eq!(example.id(), text(&expected["tfds_id"]));
    for name in ["label", "big", "flag", "paths"] {
        assert_eq!(ints(name), flat(&expected[name]), "{name}");
    }
    assert_eq!(floats("matrix"), flat(&expected["matrix"]));
    let objects = &expected["objects"];
    assert_eq!(ints("objects/color"), flat(&objects["color"]));
    for name in ["3d_coords", "pixel_coords", "rotation"] {
        assert_eq!(floats(&format!("objects/{name}")), flat(&objects[name]), "{name}");
    }
    let rows = expected["paths"].as_array().unwrap();
    let lengths: Vec<i64> = rows.iter().map(|row| row.as_array().unwrap().len() as i64).collect();
    assert_eq!(example.row_lengths("paths", 0).unwrap(), lengths);
    for name in ["image/file_name", "empty_text"] {
        assert_eq!(example.blob(name).unwrap(), text(&expected[name]).as_bytes());
    }
    let questions = expected["question_answer"].as_array().unwrap();
    let questions: Vec<&[u8]> = questions.iter().map(|q| text(q).as_bytes()).collect();
    assert_eq!(example.blobs("question_answer").unwrap(), questions);
}

#[test]
fn values_and_order_are_what_the_official_library_reads() {
    let (set, expected) = (scenes(), expected());
    for (name, len) in set.splits() {
        let (split, expected) = (set.split(name).unwrap(), &expected["tiny_scenes"][name]);
        assert_eq!((split.len(), expected.as_array().unwrap().len()), (len as usize, split.len()));
        for (i, example) in split.examples(0..split.len()).unwrap().enumerate() {
            compare_values(&example.unwrap(), &expected[i]);
        }
    }
}

/// The official library decodes JPEG with a faster, less exact cosine transform than Pillow.
#[test]
fn pixels_are_those_of_the_official_library_and_of_pillow() {
    let bytes = fs_err::read(fixture("expected.safetensors")).unwrap();
    let pixels = SafeTensors::deserialize(&bytes).unwrap();
    let set = scenes();
    for (name, len) in set.splits() {
        let split = set.split(name).unwrap();
        for i in 0..len as usize {
            let example = split.example(i).unwrap();
            let apart = |feature: &str, other: &str| {
                let image = example.image(feature).unwrap();
                let name = format!("tiny_scenes/{name}/{i}/{feature}{other}");
                let levels = differences(&pixels, &name, &image);
                let mean = levels.iter().map(|&level| f64::from(level)).sum::<f64>();
                (levels.iter().max().copied().unwrap(), mean / levels.len() as f64)
            };
            assert_eq!(apart("image", ""), (0, 0.0));
            assert_eq!(apart("mask", ""), (0, 0.0));
            let (most, mean) = apart("photo", ".pillow");
            assert!(most <= 2 && mean < 0.5, "{name} {i}: {most}, {mean}");
            let (most, mean) = apart("photo", "");
            assert!(most <= 8 && mean < 2.0, "{name} {i}: {most}, {mean}");
        }
    }
}

fn spec(folder: &str) -> TaskSpec {
    TaskSpec { path: Some(fixture(folder)), ..TaskSpec::new("digits") }
}

fn labels(of: &Value) -> Vec<usize> {
    of.as_array().unwrap().iter().map(|e| e["label"].as_u64().unwrap() as usize).collect()
}

#[test]
fn a_classification_data_set_is_a_task() {
    let whole = TaskSpec { val_fraction: 0.0, ..spec("tiny_digits/small/3.0.1") };
    let Task { name, classes, train, val, test, .. } = open(&whole).unwrap();
    let expected = &expected()["tiny_digits"];
    assert_eq!((name.as_str(), val), ("digits", None));
    assert_eq!(classes, ["0", "1", "2", "3", "4"]);
    assert_eq!(train.labels(), labels(&expected["train"]));
    assert_eq!(train.names()[20], "tiny_digits-train.tfrecord-00001-of-00002__0");
    let test = test.unwrap();
    assert_eq!(test.labels(), labels(&expected["test"]));
    let bytes = fs_err::read(fixture("expected.safetensors")).unwrap();
    let pixels = SafeTensors::deserialize(&bytes).unwrap();
    for i in 0..test.len() {
        let image = &test.image(i).unwrap();
        let apart = differences(&pixels, &format!("tiny_digits/test/{i}/image"), image);
        assert!(apart.iter().all(|&level| level == 0));
    }
}

#[test]
fn a_missing_validation_split_comes_out_of_train() {
    let task = open(&spec("tiny_digits/small")).unwrap();
    assert_eq!(task.to_string(), "digits: 5 classes; 35 train, 5 val, 10 test images");
    let val = task.val.as_ref().unwrap();
    let mut of_val = val.labels().to_owned();
    of_val.sort_unstable();
    assert_eq!(of_val, [0, 1, 2, 3, 4]);
    let both = TaskSpec { train: TrainSplit::TrainVal, ..spec("tiny_digits/small") };
    let both = open(&both).unwrap();
    assert_eq!((both.train.len(), both.val), (40, None));
    let whole = open(&TaskSpec { val_fraction: 0.0, ..spec("tiny_digits/small") }).unwrap();
    let rest = whole.train.names().iter().filter(|name| !val.names().contains(name));
    assert!(rest.eq(task.train.names())); // in the order of the files
    assert_eq!(open(&spec("tiny_digits/small")).unwrap(), task);
}

#[test]
fn class_names_come_with_the_data_set_and_their_number_is_checked() {
    let task = open(&spec("tiny_scenes")).unwrap();
    assert_eq!(task.classes, ["cube", "sphere", "cylinder"]);
    let wrong = TaskSpec { number_classes: Some(4), ..spec("tiny_scenes") };
    let message = open(&wrong).unwrap_err().to_string();
    assert!(message.ends_with("features.json: number of classes: expected 4, got 3"), "{message}");
}
