//! Names of classes and files that are no plain text.

use crate::{folder, read};

#[cfg(unix)]
#[test]
fn names_need_not_be_utf8() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = folder([("ant/1.png", "1")]);
    let odd = |bytes: &[u8]| folder.path().join(OsStr::from_bytes(bytes));
    fs_err::create_dir(odd(b"caf\xe9")).unwrap();
    fs_err::copy(folder.path().join("ant/1.png"), odd(b"caf\xe9/\xff.png")).unwrap();
    let task = read(&folder);
    assert_eq!(task.facts()[0], [(1, "ant"), (1, "caf\u{fffd}")]);
    fs_err::create_dir(odd(b"caf\xe8")).unwrap();
    fs_err::copy(folder.path().join("ant/1.png"), odd(b"caf\xe8/1.png")).unwrap();
    let expected = "FOLDER: class names: expected each once, got caf\u{fffd} twice";
    assert_eq!(read(&folder).problems, [expected]);
}

#[cfg(unix)]
#[test]
fn control_characters_reach_no_message() {
    let folder = folder([("a\u{1b}[31m/1.png", "1"), ("b\n/x", "none"), ("b\n/y\r", "none")]);
    let problems = read(&folder).problems;
    let expected = r"b\n: empty class: expected at least one image, got none (left out 2 files: 2 of other kinds (x, y\r))";
    assert_eq!(problems[0], expected);
}
