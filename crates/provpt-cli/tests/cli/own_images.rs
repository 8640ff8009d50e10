//! A run finds its own images again, whatever became of the folder since.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::common::{
    Said, adapter, json, picture, quick, run, steps, story, succeed, trained, with,
};

/// A run of two epochs that was stopped after the first, and the same one left alone.
struct Halved {
    _folder: TempDir,
    task: PathBuf,
    whole: PathBuf,
    out: PathBuf,
}

fn halved() -> Halved {
    let (folder, task, whole) = trained(&[]);
    let out = folder.path().join("halved");
    succeed(with(quick(&task, &out), &["--stop-after", "1"]));
    Halved { _folder: folder, task, whole, out }
}

fn resume(out: &Path, more: &[&str]) -> Said {
    let out = out.display().to_string();
    run(["train", "--resume", &out].into_iter().chain(more.iter().copied()))
}

fn resumed(out: &Path, more: &[&str]) {
    let said = resume(out, more);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
}

#[test]
fn a_run_tells_and_refuses_images_that_are_gone_new_or_of_another_class() {
    let halved = halved();
    let Halved { task, out, .. } = &halved;
    std::fs::remove_file(task.join("train/blue/0.png")).unwrap();
    let hint = "--other-images";
    resume(out, &[]).failed(2, "1 image that the run began with is gone: train ", hint);
    picture(&task.join("train/red/late.png"), 2, 99);
    resume(out, &[]).failed(2, "1 image since the run began is new: train ", hint);
    std::fs::rename(task.join("train/red/1.png"), task.join("train/green/from-red.png")).unwrap();
    resume(out, &[]).failed(2, "1 image of the run has another class: train ", hint);
    let before = json(&out.join("data.json"));
    resumed(out, &["--other-images"]);
    let after = json(&out.join("data.json"));
    assert_eq!(before["train"].as_array().unwrap().len(), 24);
    assert_eq!(after["train"].as_array().unwrap().len(), 24);
    assert_ne!(before["train"], after["train"]);
}

#[test]
fn a_class_that_came_later_is_refused_by_name() {
    let halved = halved();
    let Halved { task, out, .. } = &halved;
    picture(&task.join("train/amber/0.png"), 2, 99);
    resume(out, &[]).failed(2, "1 image since the run began is new: train ", "");
    resume(out, &["--other-images"]).failed(2, "got also amber", "");
    std::fs::remove_dir_all(task.join("train/amber")).unwrap();
    resumed(out, &[]);
}

#[test]
fn files_that_only_have_other_names_are_the_same_images() {
    let halved = halved();
    let Halved { task, out, whole, .. } = &halved;
    std::fs::rename(task.join("train/blue/0.png"), task.join("train/blue/zzz.png")).unwrap();
    std::fs::rename(task.join("test/red/0.png"), task.join("train/red/moved.png")).unwrap();
    resumed(out, &[]);
    assert_eq!(adapter(out), adapter(whole));
    assert_eq!(story(out), story(whole));
    assert_eq!(json(&out.join("result.json"))["test"], json(&whole.join("result.json"))["test"]);
}

#[test]
fn data_that_have_moved_are_found_where_the_user_says() {
    let halved = halved();
    let Halved { task, out, whole, .. } = &halved;
    let there = task.with_file_name("elsewhere");
    std::fs::rename(task, &there).unwrap();
    assert_eq!(resume(out, &[]).code, Some(2));
    resume(out, &["seed=4"]).failed(2, "got seed, which a run keeps", "another output_dir");
    let place = format!("data.datapath={}", there.display());
    resumed(out, &[&place, "--stop-after", "2"]);
    assert_eq!(adapter(out), adapter(whole));
    assert_eq!(steps(out), steps(whole));
    // From here on the run knows.
    let run = out.display().to_string();
    succeed(["eval", &run]);
    let other = task.with_file_name("other");
    for (class, name) in ["blue", "green", "red"].iter().enumerate() {
        for index in 0..12 {
            picture(&other.join(format!("train/{name}/{index}.png")), class, 100 + index);
        }
    }
    let other_run = self::halved();
    let Halved { out, .. } = &other_run;
    let place = format!("data.datapath={}", other.display());
    let none = "none of the images that the run began with is here";
    resume(out, &[&place]).failed(2, none, "data.datapath=FOLDER");
}

#[test]
fn what_was_learned_from_is_not_tested_on() {
    let (_folder, task, out) = trained(&[]);
    let run_name = out.display().to_string();
    let eval = || {
        let said = run(["eval", &run_name, "--json"]);
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        let record: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
        (record["images"].as_u64().unwrap(), said.stderr)
    };
    assert_eq!(eval(), (12, String::new()));
    std::fs::copy(task.join("train/red/1.png"), task.join("test/red/copy.png")).unwrap();
    let (images, told) = eval();
    assert_eq!(images, 12);
    assert!(told.contains("1 image of the run has a further copy: test "), "{told}");
    // A new one is tested on.
    picture(&task.join("test/red/new.png"), 2, 77);
    assert_eq!(eval().0, 13);
}

#[test]
fn a_run_that_draws_its_own_splits_keeps_them_when_images_come() {
    let (folder, task, _) = trained(&["solver.total_epoch=1"]);
    std::fs::remove_dir_all(task.join("val")).unwrap();
    std::fs::remove_dir_all(task.join("test")).unwrap();
    let out = folder.path().join("drawn");
    succeed(with(quick(&task, &out), &["data.val_fraction=0.25", "data.test_fraction=0.25"]));
    let began = json(&out.join("data.json"));
    for index in 0..5 {
        picture(&task.join(format!("train/blue/more-{index}.png")), 0, 100 + index);
    }
    let run_name = out.display().to_string();
    let mut all = 0;
    for split in ["train", "val", "test"] {
        let said = succeed(["eval", &run_name, "--split", split, "--json"]);
        let said: serde_json::Value = serde_json::from_str(&said).unwrap();
        let (images, own) = (said["images"].as_u64().unwrap(), began[split].as_array().unwrap());
        assert!(images >= own.len() as u64, "{split}: {images} images, {} of its own", own.len());
        all += images;
    }
    assert_eq!(all, 24 + 5);
}

#[test]
fn runs_of_earlier_versions_are_read_and_resumed_as_before() {
    let halved = halved();
    let Halved { out, whole, .. } = &halved;
    std::fs::remove_file(out.join("data.json")).unwrap();
    resumed(out, &[]);
    assert_eq!(adapter(out), adapter(whole));
    assert!(out.join("data.json").is_file());
    std::fs::remove_file(out.join("data.json")).unwrap();
    let run = out.display().to_string();
    assert!(succeed(["eval", &run]).contains("12 test images"));
}

#[test]
fn a_damaged_record_is_named() {
    let halved = halved();
    let Halved { out, .. } = &halved;
    std::fs::write(out.join("data.json"), "{").unwrap();
    resume(out, &[]).failed(2, "data.json", "");
}
