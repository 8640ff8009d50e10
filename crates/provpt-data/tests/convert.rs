//! What is converted reads back the same.

#![allow(clippy::unwrap_used)] // the helpers between the tests, too

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use image::{Rgb, RgbImage};
use provpt_data::{Encoding, Error, Form, Image, ImageError, Split, Task, TaskSpec, convert, open};
use tempfile::TempDir;

fn read(name: &str, path: &Path) -> Task {
    open(&TaskSpec { path: Some(path.to_owned()), ..TaskSpec::new(name) }).unwrap()
}

/// No split is made where there is none.
fn read_as_it_is(path: &Path) -> Task {
    let (path, name) = (Some(path.to_owned()), "back");
    let spec = TaskSpec { path, val_fraction: 0.0, test_fraction: 0.0, ..TaskSpec::new(name) };
    open(&spec).unwrap()
}

/// Writes an image that is one of a kind.
fn picture(path: &Path, number: u32) {
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    let (width, height) = (11 + number % 5, 9 + number % 3);
    let pixel = |x: u32, y: u32| Rgb([(x * 19 + number) as u8, (y * 23) as u8, (number * 7) as u8]);
    RgbImage::from_fn(width, height, pixel).save(path).unwrap();
}

/// A plain folder of two classes in several formats.
fn plain() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (class, name) in ["ant", "honey bee"].iter().enumerate() {
        for (number, extension) in ["png", "webp", "bmp", "png", "bmp", "webp"].iter().enumerate() {
            let number = (10 * class + number) as u32;
            picture(&folder.path().join(format!("{name}/{number}.{extension}")), number);
        }
    }
    folder
}

type Facts = Vec<(Image, usize)>;

fn facts(split: &Split) -> Facts {
    (0..split.len()).map(|i| (split.image(i).unwrap(), split.labels()[i])).collect()
}

/// All that must not change.
fn essence(task: &Task) -> (Vec<String>, [Option<Facts>; 3]) {
    let splits = [Some(&task.train), task.val.as_ref(), task.test.as_ref()];
    (task.classes.clone(), splits.map(|split| split.map(facts)))
}

fn converted(task: &Task, form: Form, encoding: Encoding) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let ticks = AtomicUsize::new(0);
    let tick = || {
        ticks.fetch_add(1, Ordering::Relaxed);
    };
    convert(task, form, encoding, &out, &tick).unwrap();
    let splits = [Some(&task.train), task.val.as_ref(), task.test.as_ref()];
    assert_eq!(ticks.into_inner(), splits.into_iter().flatten().map(Split::len).sum::<usize>());
    assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 1); // nothing but the result
    (folder, out)
}

fn returns(task: &Task) {
    let expected = essence(task);
    for form in [Form::Folder, Form::Parquet] {
        for encoding in [Encoding::Png, Encoding::Keep] {
            let (_folder, out) = converted(task, form, encoding);
            let back = read_as_it_is(&out);
            assert!(essence(&back) == expected, "{} as {form}, {encoding:?}", task.name);
        }
    }
}

#[test]
fn any_layout_returns_from_any_other() {
    let folder = plain();
    let task = read("plain", folder.path());
    assert!(task.val.is_some() && task.test.is_some());
    returns(&task);
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/tfds/tiny_digits/small");
    returns(&read("digits", Path::new(fixture)));
    for form in [Form::Folder, Form::Parquet] {
        let (_folder, out) = converted(&task, form, Encoding::Png);
        let back = read("back", &out);
        returns(&back);
        returns(&Task { val: None, test: None, ..back });
    }
}

#[test]
fn drawn_images_are_written_too() {
    let mut task = open(&TaskSpec::new("sprites-location")).unwrap();
    task.test = None;
    returns(&task);
}

#[test]
fn files_are_kept_on_request_and_png_files_always() {
    let folder = plain();
    let task = read("plain", folder.path());
    for (encoding, kept) in [(Encoding::Png, vec!["png"]), (Encoding::Keep, vec!["png", "webp"])] {
        let (_out, out) = converted(&task, Form::Folder, encoding);
        let list = fs_err::read_to_string(out.join("train800.txt")).unwrap();
        for (line, name) in list.lines().zip(task.train.names()) {
            let path = line.rsplit_once(' ').unwrap().0;
            let original = Path::new(name).extension().unwrap().to_str().unwrap();
            let same = fs_err::read(out.join(path)).unwrap() == fs_err::read(name).unwrap();
            assert_eq!(same, encoding == Encoding::Keep || kept.contains(&original), "{name}");
            let expected = if encoding == Encoding::Keep { original } else { "png" };
            assert!(path.ends_with(expected), "{path} of {name}");
        }
        let whole = fs_err::read_to_string(out.join("train800val200.txt")).unwrap();
        let val = fs_err::read_to_string(out.join("val200.txt")).unwrap();
        assert_eq!(whole, list + &val);
    }
}

#[test]
fn nothing_half_is_left() {
    let folder = plain();
    let out = TempDir::new().unwrap();
    let place = out.path().join("out");
    let task = read("plain", folder.path());
    let go = |task: &Task, form| convert(task, form, Encoding::Png, &place, &|| ());
    fs_err::write(folder.path().join("ant/2.bmp"), b"no picture").unwrap();
    for form in [Form::Folder, Form::Parquet] {
        assert!(matches!(go(&task, form), Err(Error::Image(ImageError::Undecodable { .. }))));
        assert_eq!(fs_err::read_dir(out.path()).unwrap().count(), 0);
    }
    picture(&folder.path().join("ant/2.bmp"), 2);
    let two_lines = vec!["ant".to_owned(), "honey\nbee".to_owned()];
    let named = Task { classes: two_lines, ..task.clone() };
    assert!(matches!(go(&named, Form::Folder), Err(Error::ClassName { class: 1, .. })));
    go(&task, Form::Folder).unwrap();
    let message = go(&task, Form::Parquet).unwrap_err().to_string();
    assert!(message.contains("out: output: expected nothing there yet"), "{message}");
    assert!(place.join("train800.txt").is_file());
}

/// Class names that no list of lines could hold, classes without images, more than a row group.
#[test]
fn parquet_keeps_any_names_classes_and_number_of_images() {
    let names = ["", " a\nb", "ü\u{202e}", "\"quoted\"", "5"].map(str::to_owned);
    let picture = |i: usize| {
        let pixels = (0..3 * (1 + i % 4)).map(|p| (p * 7 + i) as u8).collect();
        (Image::from_rgb(1 + i % 4, 1, pixels).unwrap(), i % 4)
    };
    let split = |images: std::ops::Range<usize>| Split::of_images(images.map(picture));
    let drawn = open(&TaskSpec::new("sprites-location")).unwrap();
    let (train, val) = (split(0..230), Some(split(230..233)));
    let task = Task { classes: names.to_vec(), train, val, test: None, ..drawn };
    let (_folder, out) = converted(&task, Form::Parquet, Encoding::Png);
    assert!(essence(&read_as_it_is(&out)) == essence(&task));
}
