//! Files of other kinds, names without endings, links that lead nowhere.

use crate::{folder, png, read};

const JPEG: &[u8] = include_bytes!("../../../../fixtures/pillow/grey.jpg");
const WEBP: &[u8] = include_bytes!("../../../../fixtures/pillow/rgb-1x1.webp");

#[test]
fn what_can_be_read_is_whatever_it_is_called_and_the_rest_is_counted_and_named() {
    let (png, avif) = (png(9), b"\0\0\0\x1cftypavif\0\0\0\0".to_vec());
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0".to_vec();
    let files: [(&str, &[u8]); 16] = [
        ("a/1.jfif", JPEG),
        ("a/2.jpe", JPEG),
        ("a/3", JPEG),
        ("a/4", WEBP),
        ("a/5.ppm", b"P6 1 1 255 abc"),
        ("a/6.pgm", b"P2 1 1 255 77"),
        ("a/7.png", &png),
        ("a/8.JPEG", JPEG),
        ("a/9.0001", &png),
        ("a/x.avif", &avif),
        ("a/y.heic", &heic),
        ("a/z", &avif),
        ("a/notes.txt", b"none"),
        ("a/7.png~", &png),
        ("a/7.png.bak", &png),
        ("b/1.png", &png),
    ];
    let folder = folder(files);
    fs_err::write(folder.path().join("loose.png"), png).unwrap();
    let read = read(&folder);
    let task = read.sound();
    let names: Vec<&str> =
        task.train.names().iter().map(|name| name.rsplit('/').next().unwrap()).collect();
    let expected =
        ["1.jfif", "2.jpe", "3", "4", "5.ppm", "6.pgm", "7.png", "8.JPEG", "9.0001", "1.png"];
    assert_eq!(names, expected);
    (0..task.train.len()).for_each(|i| drop(task.train.image(i).unwrap()));
    let expected = "left out 7 files: 2 AVIF (a/x.avif, a/z), 1 HEIC (a/y.heic), 1 in no class \
                    folder (loose.png), 3 of other kinds (a/7.png.bak, a/7.png~, a/notes.txt)";
    assert_eq!(read.notes[0], expected);
}

#[test]
fn a_class_of_files_that_cannot_be_read_says_why_it_is_empty() {
    let folder = folder([("a/1.png", "1"), ("b/1.avif", "\0\0\0\u{1c}ftypavif\0\0")]);
    let expected = "b: empty class: expected at least one image, got none (left out 1 file: 1 AVIF \
                    (1.avif))";
    assert_eq!(read(&folder).problems[0], expected);
}

#[test]
fn junk_of_archives_and_systems_is_no_class() {
    let folder = folder([
        ("a/1.png", "1"),
        ("b/2.png", "2"),
        ("__MACOSX/a/._1.png", "3"),
        ("__MACOSX/c/3.png", "3"),
        ("@eaDir/4.png", "4"),
        ("$RECYCLE.BIN/5.png", "5"),
        ("a/__MACOSX/6.png", "6"),
        (".ipynb_checkpoints/7.png", "7"),
    ]);
    assert_eq!(read(&folder).facts()[0], [(1, "a"), (2, "b")]);
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_those_that_lead_nowhere_are_problems() {
    use std::os::unix::fs::symlink;
    let folder = folder([("a/1.png", "1"), ("b/2.png", "2"), ("c.png", "3")]);
    let path = |name: &str| folder.path().join(name);
    symlink(path("c.png"), path("a/3.png")).unwrap();
    assert_eq!(read(&folder).facts()[0], [(1, "a"), (3, "a"), (2, "b")]);
    symlink(path("gone.png"), path("a/4.png")).unwrap();
    symlink(path("a"), path("a/loop")).unwrap();
    symlink(path("gone"), path("a/.hidden")).unwrap();
    symlink(path("gone"), path("gone class")).unwrap();
    let read = read(&folder);
    assert_eq!(read.task.as_ref().unwrap().train.len(), 3);
    let mut problems = read.problems;
    problems.sort();
    let expected = [
        "a/4.png: link: expected a file or a folder, got a link to nothing",
        "a/loop: link: expected a file or a folder, got a link back to FOLDER/a",
        "gone class: link: expected a file or a folder, got a link to nothing",
    ];
    let got: Vec<String> =
        problems.iter().map(|p| p.replace("back to a", "back to FOLDER/a")).collect();
    assert_eq!(got, expected);
}
