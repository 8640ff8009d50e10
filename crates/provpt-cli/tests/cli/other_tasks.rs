//! A run meets its task again, and the classes are others or stand in another order.

use std::path::Path;

use crate::common::{run, trained};

/// Images per class, right ones and all, by name; sorted.
fn evaluated(run_folder: &Path) -> Vec<(String, u64, u64)> {
    let said = run([Path::new("eval"), run_folder, Path::new("--json")]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let record: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    let classes = record["per_class"].as_array().unwrap();
    let count = |class: &serde_json::Value, key: &str| class[key].as_u64().unwrap();
    let row = |class: &serde_json::Value| {
        let name = class["name"].as_str().unwrap().to_owned();
        (name, count(class, "correct"), count(class, "total"))
    };
    let mut rows: Vec<_> = classes.iter().map(row).collect();
    rows.sort();
    rows
}

#[test]
fn classes_are_matched_by_name_and_others_refused() {
    let (_folder, task, run_folder) = trained(&["recipe=published"]);
    let before = evaluated(&run_folder);
    let right: Vec<u64> = before.iter().map(|(_, correct, _)| *correct).collect();
    assert!(right.iter().any(|&images| images != right[0]), "nothing would show: {before:?}");

    std::fs::write(task.join("labels.txt"), "red\nblue\ngreen\n").unwrap();
    assert_eq!(evaluated(&run_folder), before, "another order");
    std::fs::remove_file(task.join("labels.txt")).unwrap();

    let each = |from: &str, to: &str| {
        for split in ["train", "val", "test"] {
            std::fs::rename(task.join(split).join(from), task.join(split).join(to)).unwrap();
        }
    };
    each("red", "violet");
    let said = run([Path::new("eval"), &run_folder]);
    let expected = "expected the classes that were learned (blue, green, red), got also violet";
    said.failed(2, expected, "matched by name");
    let said = run([Path::new("study"), Path::new("idleness"), &run_folder]);
    said.failed(2, expected, "matched by name");
    each("violet", "red");

    for split in ["train", "val", "test"] {
        std::fs::remove_dir_all(task.join(split).join("blue")).unwrap();
    }
    let left = evaluated(&run_folder);
    assert_eq!(left[0], ("blue".to_owned(), 0, 0));
    assert_eq!(left[1..], before[1..], "a class less");
}
