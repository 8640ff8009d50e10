//! Official sizes, of which only what is needed is there.

use std::io::Cursor;
use std::path::Path;

use tempfile::TempDir;

use super::testing::{List, example, record};
use crate::{Error, Task, TaskSpec, open};

/// A vehicle `depth` away, and a pedestrian who is nearer; none at all for no depth.
fn scene(depth: Option<f32>) -> Vec<u8> {
    let mut png = Cursor::new(Vec::new());
    image::RgbImage::new(2, 1).write_to(&mut png, image::ImageFormat::Png).unwrap();
    let (types, depths) = match depth {
        Some(depth) => (vec![3, 2], vec![0.0, 0.0, 1.0, 0.0, 0.0, depth]),
        None => (Vec::new(), Vec::new()),
    };
    let (image, types) = (List::Bytes(vec![png.into_inner()]), List::Int(types));
    let location = List::Float(depths);
    let features = [("image", &image), ("objects/type", &types), ("objects/location", &location)];
    example(features, true)
}

fn shard(folder: &Path, split: &str, i: usize, of: usize, depths: impl Iterator<Item = f32>) {
    let records: Vec<Vec<u8>> = depths.map(|depth| record(&scene(Some(depth)))).collect();
    let name = format!("kitti-{split}.tfrecord-{i:05}-of-{of:05}");
    fs_err::write(folder.join(name), records.concat()).unwrap();
}

/// kitti as it would be downloaded, but for the shards that no example of the task is in.
fn kitti() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let info = r#"{"name": "kitti", "version": "3.2.0", "splits": [
        {"name": "train", "shardLengths": ["500", "400", "5447"]},
        {"name": "validation", "shardLengths": ["210", "213"]},
        {"name": "test", "shardLengths": ["700", "11"]}]}"#;
    fs_err::write(folder.path().join("dataset_info.json"), info).unwrap();
    let depths = |n| (0..n).map(|i| [5.0, 15.0, 25.0][i % 3]);
    shard(folder.path(), "train", 0, 3, depths(500));
    shard(folder.path(), "train", 1, 3, depths(400));
    shard(folder.path(), "validation", 0, 2, depths(210));
    shard(folder.path(), "test", 0, 2, depths(700));
    shard(folder.path(), "test", 1, 2, depths(11));
    folder
}

fn read(folder: &TempDir) -> Result<Task, Error> {
    open(&TaskSpec { path: Some(folder.path().to_owned()), ..TaskSpec::new("kitti") })
}

#[test]
fn shards_without_examples_of_the_task_need_not_be_there() {
    let folder = kitti();
    let task = read(&folder).unwrap();
    assert_eq!(task.to_string(), "kitti: 4 classes; 800 train, 200 val, 711 test images");
    assert_eq!(task.train.labels()[..4], [0, 1, 2, 0]);
    assert_eq!(task.train.labels()[500..504], [0, 1, 2, 0]); // another shard begins
    let name = |split: &str, i, of, n| format!("kitti-{split}.tfrecord-{i:05}-of-{of:05}__{n}");
    assert_eq!(task.train.names()[799], name("train", 1, 3, 299));
    assert_eq!(task.val.unwrap().names()[199], name("validation", 0, 2, 199));
    let test = task.test.unwrap();
    assert_eq!(test.names()[710], name("test", 1, 2, 10));
    assert_eq!(test.image(710).unwrap().width(), 2);
}

#[test]
fn shards_that_are_needed_must_be_there() {
    let folder = kitti();
    let missing = folder.path().join("kitti-train.tfrecord-00001-of-00003");
    fs_err::remove_file(&missing).unwrap();
    let message = read(&folder).unwrap_err().to_string();
    let missing = missing.display();
    assert_eq!(message, format!("{missing}: missing shard: expected a file (2 of 3), got none"));
}

#[test]
fn distances_without_a_class_are_told() {
    let folder = kitti();
    shard(folder.path(), "train", 0, 3, std::iter::repeat_n(f32::NAN, 500));
    let message = read(&folder).unwrap_err().to_string();
    assert!(message.ends_with("expected one of its classes, got NaN"), "{message}");
    shard(folder.path(), "train", 0, 3, std::iter::repeat_n(-100.0, 500));
    let message = read(&folder).unwrap_err().to_string();
    let rule = "smallest objects/location[2] among objects/type < 3 (none: 1000), above -100, 8, \
                20, 999";
    let end = format!("label by {rule}: expected one of its classes, got -100");
    assert!(message.ends_with(&end), "{message}");
}

#[test]
fn no_vehicle_is_a_class() {
    let folder = kitti();
    let records = record(&scene(None)).repeat(11);
    let last = folder.path().join("kitti-test.tfrecord-00001-of-00002");
    fs_err::write(last, records).unwrap();
    let test = read(&folder).unwrap().test.unwrap();
    assert_eq!(test.labels()[698..702], [2, 0, 3, 3]);
}

/// The newest version with the first number that the task was published with.
#[test]
fn one_of_several_versions_is_taken() {
    let (folder, kitti) = (tempfile::tempdir().unwrap(), kitti());
    let info = fs_err::read_to_string(kitti.path().join("dataset_info.json")).unwrap();
    for version in ["2.9.0", "3.2.0", "3.10.0", "4.0.0"] {
        let path = folder.path().join("kitti").join(version);
        fs_err::create_dir_all(&path).unwrap();
        fs_err::write(path.join("dataset_info.json"), &info).unwrap();
    }
    let task = crate::catalogue::find("kitti").unwrap();
    let found = super::official::folder(folder.path(), task).unwrap();
    assert_eq!(found, folder.path().join("kitti/3.10.0"));
}
