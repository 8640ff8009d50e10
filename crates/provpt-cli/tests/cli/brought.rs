//! What people really bring, command by command.

use std::path::{Path, PathBuf};

use crate::common::{Said, colours, picture, quick, run, temp, trained, with};

const AVIF: &[u8] = b"\0\0\0\x1cftypavif\0\0\0\0";

/// The arguments of `quick` without a published or other name.
fn train(task: &Path, output: &Path, more: &[&str]) -> Said {
    run(with(quick(task, output), more))
}

/// Images of the colours as they should not be: one that is broken, one of a format that is not
/// read, one without an ending.
fn mixed(folder: &Path) -> PathBuf {
    let mixed = folder.join("mixed");
    picture(&mixed.join("1.png"), 0, 3);
    picture(&mixed.join("3.png"), 2, 5);
    std::fs::write(mixed.join("2.jpg"), b"no picture").unwrap();
    std::fs::write(mixed.join("4.avif"), AVIF).unwrap();
    std::fs::copy(mixed.join("1.png"), mixed.join("5")).unwrap();
    mixed
}

#[test]
fn one_bad_image_among_many_is_named_and_the_others_are_predicted() {
    let (folder, _, run_folder) = trained(&[]);
    let mixed = mixed(folder.path());
    let predict = |images: &[&Path], format: &str| {
        let words = [Path::new("predict"), &run_folder, Path::new("--format"), Path::new(format)];
        run(words.into_iter().chain(images.iter().copied()))
    };
    let gone = mixed.join("gone.png");
    for format in ["text", "jsonl", "csv"] {
        let said = predict(
            &[&mixed.join("1.png"), &mixed.join("2.jpg"), &gone, &mixed.join("3.png")],
            format,
        );
        assert_eq!(said.code, Some(2), "{said:?}");
        let lines = |name: &str| said.stdout.lines().filter(|line| line.contains(name)).count();
        assert!(lines("1.png") > 0 && lines("3.png") > 0 && lines("2.jpg") == 0, "{said:?}");
        assert!(said.stderr.contains("2.jpg: undecodable image: "), "{said:?}");
        assert!(said.stderr.contains("gone.png: missing image: "), "{said:?}");
        assert!(said.stderr.contains("expected all to be read, got 2 that could not"), "{said:?}");
    }
    let said = predict(&[&mixed], "text");
    let note = format!("note: left out 1 file: 1 AVIF ({}/4.avif)", mixed.display());
    assert!(said.stderr.lines().any(|line| line == note), "{said:?}");
    assert!(said.stdout.contains("mixed/5: ") && said.stdout.lines().count() == 3, "{said:?}");
    assert_eq!(said.code, Some(2));
    std::fs::remove_file(mixed.join("2.jpg")).unwrap();
    assert_eq!(predict(&[&mixed], "text").code, Some(0));
}

#[test]
fn features_of_the_good_ones_are_written() {
    let folder = temp();
    let (mixed, out) = (mixed(folder.path()), folder.path().join("f.csv"));
    let words = ["features", "--backbone", "provpt_pico_patch4_32", "-o"].map(Path::new);
    let said = run(words.into_iter().chain([out.as_path(), mixed.as_path()]));
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.stderr.contains("2.jpg: undecodable image: "), "{said:?}");
    assert!(said.stderr.contains("note: left out 1 file: 1 AVIF ("), "{said:?}");
    let table = std::fs::read_to_string(out).unwrap();
    let named: Vec<bool> =
        ["1.png", "2.jpg", "3.png", "mixed/5"].map(|name| table.contains(name)).to_vec();
    assert_eq!(named, [true, false, true, true]);
}

#[test]
fn train_and_check_tell_what_is_left_out_and_what_is_not_used() {
    let folder = temp();
    let task = colours(folder.path());
    std::fs::rename(task.join("val"), task.join("valid")).unwrap();
    std::fs::create_dir(task.join("extra")).unwrap();
    std::fs::write(task.join("train/red/x.avif"), AVIF).unwrap();
    let said = train(&task, &folder.path().join("run"), &[]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let checked = run([Path::new("data"), Path::new("check"), &task]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert!(checked.stdout.contains("24    9    12"), "{checked:?}");
    for line in ["not used, beside train/: extra/", "left out 1 file: 1 AVIF (train/red/x.avif)"] {
        let note = format!("note      {line}");
        assert!(said.stderr.lines().any(|said| said == note), "{line}: {said:?}");
        assert!(checked.stdout.lines().any(|said| said.trim() == line), "{line}: {checked:?}");
    }
}

#[test]
fn train_tells_of_labels_that_count_from_1() {
    let folder = temp();
    let task = folder.path().join("lists");
    for class in 0..2 {
        picture(&task.join(format!("{class}.png")), class, 3);
    }
    for list in ["train800.txt", "val200.txt"] {
        std::fs::write(task.join(list), "0.png 1\n1.png 2\n").unwrap();
    }
    let said = train(&task, &folder.path().join("run"), &[]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.stderr.contains("note      class 0 has no image in any split: "), "{said:?}");
    assert!(said.stderr.contains("note      train: 1 of 3 classes have no image: 0"), "{said:?}");
}

#[test]
fn tasks_that_cannot_be_meant_are_refused_with_the_reason() {
    let folder = temp();
    let task = colours(folder.path());
    let out = folder.path().join("run");
    let around = folder.path().join("around");
    std::fs::create_dir(&around).unwrap();
    std::fs::rename(task.join("train"), around.join("photos")).unwrap();
    let reason =
        "around: classes: expected at least two, got photos alone, a folder with blue, green, red";
    train(&around, &out, &[]).failed(2, reason, "data.datapath=FOLDER/INSIDE");
    let photos = around.join("photos");
    let counted = "photos: number of classes: expected 100, got 3";
    train(&photos, &out, &["data.name=cifar"]).failed(2, counted, "data.name=ANOTHER");
    assert!(!out.exists());
}

#[test]
fn runs_are_not_written_among_the_data() {
    let folder = temp();
    let task = colours(folder.path());
    for inside in ["", "run", "train/run"] {
        let output = task.join(inside);
        let said = train(&task, &output, &[]);
        said.failed(2, "output: expected a place outside of the data, got one in", "another place");
    }
    let entries = std::fs::read_dir(&task).unwrap().count();
    assert_eq!(entries, 3, "train, val, test");
    let said = train(&task, Path::new(""), &[]);
    said.failed(2, "output_dir: expected a folder, got \"\"", "");
}

#[test]
fn links_that_lead_nowhere_are_listed_with_the_rest() {
    let folder = temp();
    let task = colours(folder.path());
    std::fs::create_dir_all(task.join("train/__MACOSX")).unwrap();
    std::fs::write(task.join("train/red/bad.png"), b"no picture").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("/no/such/place", task.join("train/red/gone.png")).unwrap();
    let said = run([Path::new("data"), Path::new("check"), &task]);
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.stdout.contains("bad.png: undecodable image: "), "{said:?}");
    #[cfg(unix)]
    assert!(said.stdout.contains("gone.png: link: expected a file or a folder, got"), "{said:?}");
    assert!(!said.stdout.contains("MACOSX"), "{said:?}");
}

/// Names of classes reach every output as one line.
#[cfg(unix)]
#[test]
fn names_of_classes_break_no_output() {
    let folder = temp();
    let task = colours(folder.path());
    for split in ["train", "val", "test"] {
        std::fs::rename(task.join(split).join("red"), task.join(split).join("r,\n\u{1b}[31md"))
            .unwrap();
    }
    let out = folder.path().join("run");
    let said = train(&task, &out, &[]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(
        !said.stderr.contains('\u{1b}') && said.stderr.contains(r"r,\n\u{1b}[31md"),
        "{said:?}"
    );
    let image = task.join("test/blue/0.png");
    let predict = |format: &str| {
        let said =
            run([Path::new("predict"), &out, &image, Path::new("--format"), Path::new(format)]);
        assert_eq!(said.code, Some(0), "{said:?}");
        said.stdout
    };
    let text = predict("text");
    assert!(text.lines().count() == 1 && text.contains(r"r,\n\u{1b}[31md"), "{text}");
    let line: serde_json::Value = serde_json::from_str(&predict("jsonl")).unwrap();
    let names: Vec<&str> =
        line["guesses"].as_array().unwrap().iter().filter_map(|g| g["class"].as_str()).collect();
    assert!(names.contains(&"r,\n\u{1b}[31md"), "{line}");
    assert!(predict("csv").contains("\"r,\n\u{1b}[31md\""));
    for command in [["data", "check"], ["data", "show"]] {
        let sheet = folder.path().join("s.png");
        let more: &[&Path] = if command[1] == "show" { &[Path::new("-o"), &sheet] } else { &[] };
        let said = run(command
            .map(Path::new)
            .into_iter()
            .chain([task.as_path()])
            .chain(more.iter().copied()));
        assert_eq!(said.code, Some(0), "{said:?}");
        assert!(!said.stdout.contains('\u{1b}'), "{said:?}");
    }
}
