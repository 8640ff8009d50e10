use std::ffi::OsStr;
use std::path::Path;

use crate::common::{Said, colours, run, succeed, temp};

fn convert(from: &Path, to: &str, out: &Path, more: &[&str]) -> Said {
    let words = ["data", "convert", "--to", to].map(OsStr::new).into_iter();
    let words = words.chain([from.as_os_str(), out.as_os_str()]);
    run(words.chain(more.iter().map(OsStr::new)))
}

fn counts(task: &Path) -> serde_json::Value {
    let words = ["data", "check", "--json"].map(OsStr::new).into_iter();
    let text = succeed(words.chain([task.as_os_str()]));
    serde_json::from_str::<serde_json::Value>(&text).unwrap()["checked"]["splits"].clone()
}

#[test]
fn a_plain_folder_becomes_lists_and_they_read_back() {
    let folder = temp();
    let (task, out) = (colours(folder.path()), folder.path().join("new/lists"));
    let said = convert(&task, "folder", &out, &[]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.stderr.contains("3 classes; 24 train, 9 val, 12 test images"), "{said:?}");
    assert_eq!(std::fs::read_to_string(out.join("labels.txt")).unwrap(), "blue\ngreen\nred\n");
    let list = std::fs::read_to_string(out.join("test.txt")).unwrap();
    assert!(list.starts_with("images/test/000000.png 0\n"), "{list}");
    // PNG files are kept to the byte.
    let bytes = |path| std::fs::read(path).unwrap();
    assert_eq!(bytes(out.join("images/test/000000.png")), bytes(task.join("test/blue/0.png")));
    assert_eq!(counts(&out), counts(&task));
}

#[test]
fn a_generated_task_needs_no_path() {
    let folder = temp();
    let out = folder.path().join("sprites");
    let words = ["data", "convert", "--name", "sprites-location", "--to", "parquet"];
    succeed(words.into_iter().chain([out.to_str().unwrap()]));
    let entries = std::fs::read_dir(&out).unwrap();
    let mut files: Vec<_> =
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    let names = ["test", "train", "validation"].map(|s| format!("{s}-00000-of-00001.parquet"));
    assert_eq!(files, names);
}

#[test]
fn what_is_there_is_not_touched() {
    let folder = temp();
    let task = colours(folder.path());
    let said = convert(&task, "folder", &task, &[]);
    said.failed(2, "colours: output: expected a place outside of the data", "another place");
    let there = folder.path().join("there");
    std::fs::create_dir(&there).unwrap();
    let said = convert(&task, "folder", &there, &[]);
    said.failed(2, "there: output: expected nothing there yet, got", "choose another name");
    let said = convert(&task, "folder", &task.join("x/y"), &[]);
    said.failed(2, "x/y: output: expected a place outside of the data", "another place");
    let said = convert(&task, "tar", &folder.path().join("x"), &[]);
    assert_eq!(said.code, Some(2));
    assert!(said.stderr.contains("expected folder or parquet, got tar"), "{said:?}");
}

#[test]
fn a_bad_image_leaves_nothing() {
    let folder = temp();
    let (task, out) = (colours(folder.path()), folder.path().join("out"));
    std::fs::write(task.join("train/green/3.png"), b"no picture").unwrap();
    let said = convert(&task, "folder", &out, &[]);
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.stderr.contains("train/green/3.png: undecodable image: "), "{said:?}");
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}
