use std::path::{Path, PathBuf};

use crate::common::{Said, colours, picture, quick, run, temp, trained, with};

/// A task of lists with one good image per class, and this line at the end of the training list.
fn listed(folder: &Path, line: &str) -> PathBuf {
    let root = folder.join("lists");
    for class in 0..2 {
        picture(&root.join(format!("images/{class}.png")), class, 3);
    }
    let good = "0.png 0\n1.png 1\n";
    std::fs::write(root.join("train800.txt"), format!("{good}{line}\n")).unwrap();
    std::fs::write(root.join("val200.txt"), good).unwrap();
    root
}

fn train_listed(line: &str, more: &[&str]) -> Said {
    let folder = temp();
    let task = listed(folder.path(), line);
    run(with(quick(&task, &folder.path().join("run")), more))
}

#[test]
fn a_line_that_names_a_missing_image() {
    let error = "train800.txt:3: missing image: expected gone.png in the folder or its images/";
    train_listed("gone.png 1", &[]).failed(2, error, "relative to the list's folder");
}

#[test]
fn a_line_that_is_none() {
    train_listed("0.png", &[]).failed(
        2,
        "train800.txt:3: malformed line: expected `path label`",
        "",
    );
}

#[test]
fn a_label_out_of_range() {
    let error = "train800.txt:3: label out of range: expected 0..2, got 2";
    train_listed("0.png 2", &["data.number_classes=2"]).failed(2, error, "data.number_classes");
}

#[test]
fn an_image_that_cannot_be_decoded() {
    let folder = temp();
    let task = colours(folder.path());
    std::fs::write(task.join("train/green/3.png"), b"no picture").unwrap();
    run(quick(&task, &folder.path().join("run"))).failed(
        2,
        "train/green/3.png: undecodable image: ",
        "png",
    );
}

#[test]
fn an_image_to_predict_that_cannot_be_decoded() {
    let (folder, _, out) = trained(&["solver.total_epoch=1"]);
    let image = folder.path().join("bad.jpg");
    std::fs::write(&image, b"\xff\xd8\xff and no more").unwrap();
    run(["predict".as_ref(), out.as_os_str(), image.as_os_str()]).failed(
        2,
        "bad.jpg: undecodable image: ",
        "",
    );
}

#[test]
fn an_empty_split() {
    let folder = temp();
    let task = colours(folder.path());
    let val = task.join("val");
    std::fs::remove_dir_all(&val).unwrap();
    std::fs::create_dir_all(val.join("red")).unwrap();
    run(quick(&task, &folder.path().join("run"))).failed(
        2,
        "val: empty val split: expected at least one image, got none",
        "the split needs images",
    );
    let task = listed(folder.path(), "");
    std::fs::write(task.join("val200.txt"), "").unwrap();
    let said = run(quick(&task, &folder.path().join("run")));
    said.failed(2, "val200.txt: empty val split", "");
}

#[test]
fn a_folder_of_something_else() {
    let folder = temp();
    std::fs::create_dir(folder.path().join("stuff")).unwrap();
    let said = run(quick(&folder.path().join("stuff"), &folder.path().join("run")));
    said.failed(2, "stuff: unknown layout: expected train800.txt", "");
}
