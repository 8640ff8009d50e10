//! Tasks of the catalogue: printed, named wrongly, and trained on out of official files.

use std::ffi::OsStr;

use image::RgbImage;

use crate::common::{fixture, quick, run, succeed, temp, with};

#[test]
fn tasks_are_listed() {
    let table = succeed(["data", "list"]);
    assert_eq!(table.lines().count(), 1 + 34, "{table}");
    let json: serde_json::Value =
        serde_json::from_str(&succeed(["data", "list", "--json"])).unwrap();
    let tasks = json.as_array().unwrap();
    assert_eq!(tasks.len(), 34);
    let cifar = tasks.iter().find(|task| task["name"] == "cifar100").unwrap();
    assert_eq!((&cifar["classes"], &cifar["group"]), (&100.into(), &"Natural".into()));
    assert_eq!(cifar["splits"]["tfds"]["val"]["start"], 45_000);
    assert_eq!(cifar["recipe"]["interpolation"], "bilinear");
}

#[test]
fn tasks_of_the_miniature_are_listed_by_group() {
    let table = succeed(["data", "list"]);
    let minis: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("mini-"))
        .map(|line| line.split_whitespace().collect())
        .collect();
    let groups: Vec<&str> = minis.iter().map(|words| words[1]).collect();
    let mut expected = vec!["Natural"; 2];
    expected.extend(["Specialized"; 2]);
    expected.extend(["Structured"; 6]);
    assert_eq!(groups, expected);
    for words in &minis {
        assert!(words[2].parse::<u32>().is_ok_and(|classes| classes >= 4), "{words:?}");
        assert_eq!(words[3..8], ["800", "200", "2000", "64x64", "drawn"], "{words:?}");
    }
    let size = succeed(["data", "list", "mini-size"]);
    assert!(size.contains("label      how large the ring is\n"), "{size}");
    run(["train", "data.name=mini-digit"]).failed(2, "got no path", "the nearest is mini-digits");
}

#[test]
fn a_wrong_name_is_told_the_nearest() {
    let error = "got cifar10; the nearest is cifar100";
    run(["data", "list", "cifar10"]).failed(2, error, "");
    let error = "data.name: expected a task of `provpt data list` (the nearest is clevr_count), \
                 got \"vtab-clevr(task=count)\" (command line)";
    run(["config", "print", "data.name=vtab-clevr(task=count)"]).failed(2, error, "config print");
    run(["train", "data.name=eurosatt"]).failed(2, "got no path", "the nearest is eurosat");
}

#[test]
fn a_task_is_trained_on_out_of_a_folder_of_data_sets() {
    let (folder, data) = (temp(), fixture("tfds"));
    let kitti = with(quick(&data, &folder.path().join("run")), &["data.name=kitti"]);
    let error = "kitti/3.2.0/dataset_info.json: official size of split train: expected 6347 \
                 examples, got 20";
    run(&kitti).failed(2, error, "data.check_sizes=false");
    let said = run(with(kitti, &["data.check_sizes=false"]));
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(said.stderr.contains("kitti: 4 classes; 20 train, 8 val, 11 test images"), "{said:?}");
    let data = data.display().to_string();
    let counts = succeed(["data", "check", &data, "--name", "clevr_dist", "--any-sizes"]);
    assert!(counts.contains("9.5 to 10"), "{counts}");
}

#[test]
fn small_images_that_come_as_jpeg_are_told() {
    let folder = temp();
    let lists = folder.path().join("lists");
    std::fs::create_dir(&lists).unwrap();
    std::fs::copy(fixture("pillow/grey.jpg"), lists.join("a.jpg")).unwrap();
    RgbImage::new(32, 32).save(lists.join("b.png")).unwrap();
    std::fs::write(lists.join("train800.txt"), "a.jpg 0\nb.png 99\n").unwrap();
    let quick = with(quick(&lists, &folder.path().join("run")), &["data.name=cifar"]);
    let said = run(&quick);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(said.stderr.contains("cifar: 100 classes; 2 train images"), "{said:?}");
    let note =
        "cifar100: 1 of 2 images looked at are JPEG, but the official 32x32 images are lossless";
    assert!(said.stderr.contains(note), "{said:?}");
    let lists = lists.as_os_str();
    let check = ["data", "check", "--name", "cifar100"].map(OsStr::new).into_iter();
    let warnings = succeed(check.chain([lists]));
    assert!(warnings.contains(note), "{warnings}");
    let lists = std::path::Path::new(lists);
    // A label that the task does not have.
    std::fs::write(lists.join("train800.txt"), "a.jpg 0\nb.png 100\n").unwrap();
    let error = "train800.txt:2: label out of range: expected 0..100, got 100";
    run(with(quick, &["output_dir=other"])).failed(2, error, "data.number_classes");
}
