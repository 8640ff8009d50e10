use std::path::Path;

use crate::common::{colours, picture, provpt, run, succeed, temp};

fn check(path: &Path, more: &[&str]) -> crate::common::Said {
    let words = ["data", "check"].map(Path::new).into_iter().chain([path]);
    run(words.chain(more.iter().map(Path::new)))
}

#[test]
fn a_sound_task_is_counted_and_measured() {
    let folder = temp();
    let said = check(&colours(folder.path()), &[]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.stdout.starts_with("colours\n"), "{said:?}");
    for line in [
        "class  name   train  val  test",
        "    1  green      8    3     4",
        "       all       24    9    12",
        "layout    folder per class: no lists, tables or data sets beside its subfolders",
        "sizes     smallest 24x20, median 24x20, largest 24x20",
        "no warnings",
        "no problems",
    ] {
        assert!(said.stdout.lines().any(|got| got == line), "{line:?} in {}", said.stdout);
    }
}

/// Lists with something wrong of every kind.
fn broken(folder: &Path) -> std::path::PathBuf {
    let root = folder.join("broken");
    for index in 0..4 {
        picture(&root.join(format!("images/{index}.png")), index as usize % 3, index);
    }
    std::fs::copy(root.join("images/0.png"), root.join("images/again.png")).unwrap();
    std::fs::write(root.join("images/bad.png"), b"no picture").unwrap();
    std::fs::write(root.join("labels.txt"), "blue\ngreen\nred\n").unwrap();
    let train = "0.png 0\n1.png 1\ngone.png 1\n1.png\n2.png 9\nagain.png 1\nbad.png 2\n3.png 0\n";
    std::fs::write(root.join("train800.txt"), train).unwrap();
    std::fs::write(root.join("test.txt"), "1.png 1\nlost.png 0\n").unwrap();
    root
}

#[test]
fn all_problems_are_told_at_once() {
    let folder = temp();
    let said = check(&broken(folder.path()), &[]);
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.stderr.contains("error: broken: problems: expected none, got 6"), "{said:?}");
    for part in [
        "train800.txt:3: missing image: expected gone.png",
        "train800.txt:4: malformed line: expected `path label`, got `1.png`",
        "train800.txt:5: label out of range: expected 0..3, got 9",
        "test.txt:2: missing image: expected lost.png",
        "bad.png: undecodable image: ",
        "again.png: label: expected 0 as the equal image ",
        "equal images in train and test: ",
        "train: 1 of 3 classes have one image only: red",
        "test: 2 of 3 classes have no image: blue, red",
        "layout    VTAB-1k lists: train800.txt",
    ] {
        assert!(said.stdout.contains(part), "{part:?} in {}", said.stdout);
    }
    assert!(said.stdout.contains("6 problems") && said.stdout.contains("3 warnings"), "{said:?}");
}

#[test]
fn json_holds_the_same_whatever_the_number_of_threads() {
    let folder = temp();
    let root = broken(folder.path());
    let json = |threads| {
        let said = check(&root, &["--json", "--threads", threads]);
        assert_eq!(said.code, Some(2));
        said.stdout
    };
    let value: serde_json::Value = serde_json::from_str(&json("1")).unwrap();
    let checked = &value["checked"];
    let recognised = serde_json::json!({"layout": "VTAB-1k lists", "by": "train800.txt"});
    assert_eq!(value["recognised"], recognised);
    assert_eq!(checked["problems"].as_array().unwrap().len(), 6);
    assert_eq!(checked["splits"][0]["per_class"], serde_json::json!([2, 2, 1]));
    assert_eq!(checked["sizes"]["median"], serde_json::json!([24, 20]));
    assert_eq!(checked["repeats"][0]["images"][1]["label"], 1);
    assert_eq!(json("1"), json("3"));
}

#[test]
fn generated_tasks_need_no_path() {
    let said = succeed(["data", "check", "--name", "sprites-location"]);
    assert!(said.contains("sizes     smallest 64x64, median 64x64, largest 64x64"), "{said}");
    assert!(said.contains("no problems"), "{said}");
    provpt().args(["data", "check"]).assert().code(2);
}
