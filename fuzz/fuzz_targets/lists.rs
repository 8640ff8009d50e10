//! Lists of images and labels: VTAB-1k's, FGVC's, tables in CSV, TSV and JSON lines. The first byte
//! says which; the files follow.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use provpt_data::{TaskSpec, survey};
use provpt_fuzz::{files, folder, told};

/// The files of each layout; what the task's path is.
const LAYOUTS: [(&[&str], &str); 7] = [
    (
        &[
            "vtab/train800.txt",
            "vtab/val200.txt",
            "vtab/test.txt",
            "vtab/labels.txt",
            "vtab/train800val200.txt",
        ],
        "vtab",
    ),
    (&["fgvc/train.json", "fgvc/val.json", "fgvc/test.json", "fgvc/labels.txt"], "fgvc"),
    (&["csv/train.csv", "csv/val.csv", "csv/test.csv", "csv/labels.txt"], "csv"),
    (&["jsonl/train.jsonl", "jsonl/val.jsonl", "jsonl/test.jsonl"], "jsonl"),
    (&["hub/metadata.jsonl"], "hub"),
    (&["one/table.tsv"], "one/table.tsv"),
    (&["one/table.csv"], "one/table.csv"),
];

fuzz_target!(|input: &[u8]| {
    let Some((kind, input)) = input.split_first() else { return };
    let (names, path) = LAYOUTS[usize::from(kind.wrapping_sub(b'0')) % LAYOUTS.len()];
    let path = folder(names, files(input)).join(path);
    let images = if path.extension().is_some() { path.parent() } else { Some(path.as_path()) };
    images.into_iter().for_each(make_images);
    let spec = TaskSpec { path: Some(path), ..TaskSpec::new("fuzzed") };
    let Some((task, problems)) = told(survey(&spec)) else { return };
    let _ = task.to_string();
    for problem in problems.into_iter().take(16) {
        told::<(), _>(Err(problem));
    }
});

/// Files that rows may name; nobody looks into them here.
fn make_images(folder: &Path) {
    for name in ["a.png", "b.png", "images/c d.png", "Images/e.jpg"] {
        let path = folder.join(name);
        if !path.exists() {
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, []).expect("room for a file");
        }
    }
}
