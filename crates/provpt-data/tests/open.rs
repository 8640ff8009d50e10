//! Tasks read from folders, and what is said when a folder is not as it should be.

#![allow(clippy::unwrap_used)] // the helpers between the tests, too

use std::path::{Path, PathBuf};

use provpt_data::{
    Error, Fit, ImageError, Interpolation, Preprocess, Split, Task, TaskSpec, TrainSplit, open,
    survey,
};
use tempfile::TempDir;

/// A folder of files: `.txt` with the given text, anything else an image of its own grey level
/// (the text as a number) or, if the text is no number, that text.
fn folder<S: AsRef<str>>(files: impl IntoIterator<Item = (S, &'static str)>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name.as_ref());
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        match text.parse::<u8>() {
            Ok(grey) => {
                image::GrayImage::from_pixel(4, 3, image::Luma([grey])).save(&path).unwrap();
            }
            Err(_) => fs_err::write(&path, text).unwrap(),
        }
    }
    folder
}

fn spec(folder: &TempDir) -> TaskSpec {
    TaskSpec { path: Some(folder.path().to_owned()), ..TaskSpec::new("vtab-tiny(num_classes=3)") }
}

/// The error of opening, with the folder's path cut out.
fn message(folder: &TempDir, spec: &TaskSpec) -> String {
    let message = open(spec).unwrap_err().to_string();
    assert_eq!(message.lines().count(), 1, "{message}");
    message
        .replace(&format!("{}/", folder.path().display()), "")
        .replace(&folder.path().display().to_string(), "FOLDER")
}

/// Grey level and label of each image.
fn facts(split: &Split) -> Vec<(u8, usize)> {
    assert_eq!((split.len(), split.len()), (split.labels().len(), split.names().len()));
    let grey = |i: usize| split.image(i).unwrap().pixels()[0];
    (0..split.len()).map(grey).zip(split.labels().iter().copied()).collect()
}

fn names(split: &Split, folder: &Path) -> Vec<String> {
    let inside = |name: &String| PathBuf::from(name).strip_prefix(folder).unwrap().to_owned();
    split.names().iter().map(|name| inside(name).display().to_string()).collect()
}

const LISTS: [(&str, &str); 8] = [
    ("train800.txt", "a.png 0\nimages/b c.png 1\n\n"),
    ("val200.txt", "v.png 2\r\n"),
    ("test.txt", "t.png 1\n"),
    ("labels.txt", "ant\nbee\ncat\n"),
    ("images/a.png", "10"),
    ("images/b c.png", "20"),
    ("v.png", "30"),
    ("images/t.png", "40"),
];

fn lists_with(name: &'static str, text: &'static str) -> TempDir {
    folder(LISTS.into_iter().filter(|(other, _)| *other != name).chain([(name, text)]))
}

fn lists_without(name: &str) -> TempDir {
    folder(LISTS.into_iter().filter(|(other, _)| *other != name))
}

#[test]
fn lists_name_images_beside_them_or_in_images() {
    let folder = folder(LISTS);
    let Task { name, classes, train, val, test, .. } = open(&spec(&folder)).unwrap();
    assert_eq!(name, "vtab-tiny(num_classes=3)");
    assert_eq!(classes, ["ant", "bee", "cat"]);
    assert_eq!(facts(&train), [(10, 0), (20, 1)]);
    assert_eq!(names(&train, folder.path()), ["images/a.png", "images/b c.png"]);
    assert_eq!(facts(&val.unwrap()), [(30, 2)]);
    assert_eq!(facts(&test.unwrap()), [(40, 1)]);
}

#[test]
fn validation_can_be_folded_into_training_with_and_without_a_list_for_it() {
    let folder = folder(LISTS);
    let spec = TaskSpec { train: TrainSplit::TrainVal, ..spec(&folder) };
    let task = open(&spec).unwrap();
    assert_eq!(facts(&task.train), [(10, 0), (20, 1), (30, 2)]);
    assert_eq!(task.to_string(), "vtab-tiny(num_classes=3): 3 classes; 3 train, 1 test images");
    fs_err::write(folder.path().join("train800val200.txt"), "v.png 2\na.png 0").unwrap();
    assert_eq!(facts(&open(&spec).unwrap().train), [(30, 2), (10, 0)]);
    let train = TaskSpec { train: TrainSplit::Train, ..spec };
    fs_err::remove_file(folder.path().join("train800.txt")).unwrap();
    assert_eq!(message(&folder, &train), "train800.txt: missing list: expected a file, got none");
}

#[test]
fn classes_come_from_names_else_from_the_spec_else_from_the_training_labels() {
    let folder = lists_without("labels.txt");
    let spec = TaskSpec { number_classes: Some(5), ..spec(&folder) };
    assert_eq!(open(&spec).unwrap().classes, ["0", "1", "2", "3", "4"]);
    let unknown = TaskSpec { number_classes: None, ..spec };
    assert_eq!(
        message(&folder, &unknown),
        "val200.txt:1: label out of range: expected 0..2, got 2"
    );
    fs_err::remove_file(folder.path().join("val200.txt")).unwrap();
    let task = open(&unknown).unwrap();
    assert_eq!((task.classes.len(), task.val), (2, None));
}

#[test]
fn a_bad_line_is_named_by_list_and_number() {
    for (text, expected) in [
        (
            "a.png 0\ngone.png 1",
            "2: missing image: expected gone.png in the folder or its images/, got none",
        ),
        ("a.png 0\n\na.png", "3: malformed line: expected `path label`, got `a.png`"),
        ("a.png zero", "1: unknown class: expected a class of labels.txt, got zero"),
        ("a.png 3", "1: label out of range: expected 0..3, got 3"),
        ("a.png -1", "1: label out of range: expected 0..3, got -1"),
    ] {
        let folder = lists_with("train800.txt", text);
        assert_eq!(message(&folder, &spec(&folder)), format!("train800.txt:{expected}"));
    }
    let folder = lists_without("labels.txt");
    let spec = TaskSpec { number_classes: Some(1), ..spec(&folder) };
    assert_eq!(message(&folder, &spec), "train800.txt:2: label out of range: expected 0..1, got 1");
}

#[test]
fn a_huge_label_is_refused_before_classes_are_made_for_it() {
    let folder = lists_with("train800.txt", "a.png 4000000000000");
    fs_err::remove_file(folder.path().join("labels.txt")).unwrap();
    assert_eq!(
        message(&folder, &spec(&folder)),
        "train800.txt:1: label out of range: expected 0..65536, got 4000000000000"
    );
}

#[test]
fn empty_lists_wrong_counts_and_foreign_text_are_refused() {
    for (list, split) in [("train800.txt", "train"), ("val200.txt", "val"), ("test.txt", "test")] {
        let folder = lists_with(list, " \n\n");
        assert_eq!(
            message(&folder, &spec(&folder)),
            format!("{list}: empty {split} split: expected at least one image, got none")
        );
    }
    let folder = folder(LISTS);
    let four = TaskSpec { number_classes: Some(4), ..spec(&folder) };
    assert_eq!(message(&folder, &four), "labels.txt: number of classes: expected 4, got 3");
    let none = TaskSpec { number_classes: Some(0), ..spec(&folder) };
    assert_eq!(message(&folder, &none), "number of classes: expected 1..=65536, got 0");
    fs_err::write(folder.path().join("test.txt"), [0xff, 0xfe, b'\n']).unwrap();
    let text = message(&folder, &spec(&folder));
    assert!(text.contains("test.txt") && text.contains("UTF-8"), "{text}");
}

#[test]
fn an_undecodable_image_is_named_the_first_of_several() {
    let folder = lists_with("images/a.png", "no picture");
    fs_err::write(folder.path().join("images/b c.png"), "neither").unwrap();
    let train = open(&spec(&folder)).unwrap().train;
    let pre = Preprocess {
        size: 4,
        fit: Fit::Squash,
        interpolation: Interpolation::Bilinear,
        mean: [0.5; 3],
        std: [0.5; 3],
    };
    for _ in 0..20 {
        let error = train.batch(&[0, 1], &pre, None, &mut Vec::new()).unwrap_err();
        assert!(
            matches!(&error, Error::Image(ImageError::Undecodable { path, .. }) if path.ends_with("a.png"))
        );
    }
    let text = train.image(1).unwrap_err().to_string();
    let start = format!("{}: undecodable image: ", folder.path().join("images/b c.png").display());
    assert!(text.starts_with(&start), "{text}");
    assert_eq!(train.encoded(1).unwrap().unwrap(), b"neither");
}

#[test]
fn a_survey_goes_on_after_what_is_wrong() {
    let folder = lists_with("train800.txt", "a.png 0\ngone.png 1\nv.png 7\nx\nimages/b c.png 2");
    fs_err::write(folder.path().join("test.txt"), "\n").unwrap();
    let (task, problems) = survey(&spec(&folder)).unwrap();
    assert_eq!(facts(&task.train), [(10, 0), (20, 2)]);
    assert_eq!(facts(&task.val.unwrap()), [(30, 2)]);
    assert!(task.test.unwrap().is_empty());
    let folder = format!("{}/", folder.path().display());
    let problems: Vec<String> =
        problems.iter().map(|problem| problem.to_string().replace(&folder, "")).collect();
    assert_eq!(
        problems,
        [
            "train800.txt:4: malformed line: expected `path label`, got `x`",
            "train800.txt:2: missing image: expected gone.png in the folder or its images/, got none",
            "train800.txt:3: label out of range: expected 0..3, got 7",
            "test.txt: empty test split: expected at least one image, got none",
        ]
    );
    let folder = self::folder(
        FOLDERS.into_iter().chain([("val/cow/6.png", "6"), ("train/eel/notes.md", "none")]),
    );
    let (task, problems) = survey(&spec(&folder)).unwrap();
    assert_eq!(facts(&task.val.unwrap()), [(4, 1)]);
    assert_eq!((task.classes.len(), problems.len()), (3, 2));
}

#[test]
fn a_task_needs_a_folder_with_a_known_layout() {
    let error = open(&TaskSpec::new("fashion")).unwrap_err().to_string();
    assert_eq!(
        error,
        "task fashion: expected a folder, or one of sprites-orientation, sprites-location, \
         mini-digits, mini-objects, mini-textures, mini-tiles, mini-location, mini-orientation, \
         mini-count, mini-distance, mini-size, mini-depth, drawn-kinds, got no path"
    );
    let layout = "FOLDER: unknown layout: expected train800.txt, train800val200.txt, a \
                  tensorflow-datasets folder, train.json, train.csv (.tsv, .jsonl), metadata.csv \
                  or .jsonl with labels, Parquet files, or train/CLASS/ or CLASS/ with images, got \
                  none of them";
    let empty = folder::<&str>([]);
    assert_eq!(message(&empty, &spec(&empty)), layout);
    let loose = folder([("train/a.png", "1"), ("test/b.png", "2"), (".git/c.png", "3")]);
    assert_eq!(message(&loose, &spec(&loose)), layout);
    let gone = TaskSpec { path: Some(empty.path().join("gone")), ..spec(&empty) };
    assert_eq!(message(&empty, &gone), "gone: missing folder: expected a folder, got none");
    let file = TaskSpec { path: Some(loose.path().join("train/a.png")), ..spec(&loose) };
    assert!(message(&loose, &file).contains("kind of file: expected a folder"));
}

const FOLDERS: [(&str, &str); 7] = [
    ("train/dog/2.png", "2"),
    ("train/dog/1.png", "1"),
    ("train/cat/deep/3.png", "3"),
    ("train/cat/notes.md", "not an image"),
    ("train/cat/._3.png", "hidden"),
    ("val/dog/4.png", "4"),
    ("test/cat/5.png", "5"),
];

#[test]
fn class_folders_are_sorted_and_agree_in_all_splits() {
    let folder = folder(FOLDERS);
    let task = open(&spec(&folder)).unwrap();
    assert_eq!(task.classes, ["cat", "dog"]);
    assert_eq!(facts(&task.train), [(3, 0), (1, 1), (2, 1)]);
    assert_eq!(facts(task.val.as_ref().unwrap()), [(4, 1)]);
    assert_eq!(facts(task.test.as_ref().unwrap()), [(5, 0)]);
    let folded = open(&TaskSpec { train: TrainSplit::TrainVal, ..spec(&folder) }).unwrap();
    assert_eq!(facts(&folded.train), [(3, 0), (1, 1), (2, 1), (4, 1)]);
    assert_eq!((folded.val, folded.test), (None, task.test));
    let three = TaskSpec { number_classes: Some(3), ..spec(&folder) };
    assert_eq!(message(&folder, &three), "train: number of classes: expected 3, got 2");
}

#[test]
fn class_folders_that_do_not_fit_are_refused() {
    for (extra, text, expected) in [
        ("val/cow/6.png", "6", "val/cow: unknown class: expected a class of train, got cow"),
        (
            "train/cow/notes.md",
            "none",
            "train/cow: empty class: expected at least one image, got none (left out 1 file: 1 of \
             other kinds (notes.md))",
        ),
    ] {
        let folder = folder(FOLDERS.into_iter().chain([(extra, text)]));
        assert_eq!(message(&folder, &spec(&folder)), expected);
    }
    let folder = folder(FOLDERS.map(|(name, text)| match name {
        "test/cat/5.png" => ("test/cat/notes.md", "none"),
        _ => (name, text),
    }));
    assert_eq!(
        message(&folder, &spec(&folder)),
        "test: empty test split: expected at least one image, got none"
    );
}

/// 20 images of class "plane" and 10 of class "train".
fn flat() -> TempDir {
    let image = |class: &'static str| move |i: usize| (format!("{class}/{i:02}.png"), "7");
    folder((0..20).map(image("plane")).chain((0..10).map(image("train"))))
}

#[test]
fn a_flat_folder_is_split_class_by_class_by_the_seed() {
    let folder = flat();
    let task = open(&spec(&folder)).unwrap();
    let (val, test) = (task.val.as_ref().unwrap(), task.test.as_ref().unwrap());
    let counts = |split: &Split| [0, 1].map(|c| split.labels().iter().filter(|&&l| l == c).count());
    assert_eq!(task.classes, ["plane", "train"]);
    assert_eq!([&task.train, val, test].map(counts), [[14, 7], [2, 1], [4, 2]]);
    let mut all = [&task.train, val, test].map(|split| names(split, folder.path())).concat();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 30);

    assert_eq!(open(&spec(&folder)).unwrap(), task);
    let other = open(&TaskSpec { seed: 1, ..spec(&folder) }).unwrap();
    assert_ne!(other.test.unwrap().names(), test.names());
    let folded = open(&TaskSpec { train: TrainSplit::TrainVal, ..spec(&folder) }).unwrap();
    assert_eq!((folded.train.len(), folded.val), (24, None));
    assert_eq!(&folded.test.unwrap(), test);
}

#[test]
fn fractions_are_optional_and_checked() {
    let folder = flat();
    let spec = TaskSpec { val_fraction: 0.0, test_fraction: 0.0, ..spec(&folder) };
    let task = open(&spec).unwrap();
    assert_eq!((task.train.len(), task.val, task.test), (30, None, None));
    let all = TaskSpec { val_fraction: 0.6, test_fraction: 0.4, ..spec };
    assert_eq!(
        message(&folder, &all),
        "val and test fractions: expected each >= 0 and a sum < 1, got 0.6 and 0.4"
    );
    let single = self::folder([("a/1.png", "1"), ("b/1.png", "2")]);
    assert_eq!(
        message(&single, &TaskSpec { path: Some(single.path().to_owned()), ..TaskSpec::new("x") }),
        "FOLDER: empty val split: expected at least one image, got none"
    );
}
