//! Whoever read the output has seen enough: the program ends without a word, and with its verdict.

use std::path::Path;
use std::process::{Command, Stdio};

use assert_cmd::cargo::cargo_bin;

use crate::common::{colours, fixture, temp, trained};

/// Exit code and stderr of a command whose output nobody reads.
fn unread<T: AsRef<std::ffi::OsStr>>(words: impl IntoIterator<Item = T>) -> (Option<i32>, String) {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = Command::new(cargo_bin!("provpt"));
    command.args(words).env_remove("RUST_LOG").stdin(Stdio::null()).stdout(writer);
    let output = command.stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!said.contains("panicked"), "{said}");
    (output.status.code(), said)
}

#[test]
fn predictions_that_nobody_reads_have_the_verdict_of_what_was_found_before() {
    let (folder, task, out) = trained(&["solver.total_epoch=1"]);
    let good = task.join("test/red/0.png");
    let predict = |images: &[&Path], format: &str| {
        let words = [Path::new("predict"), &out, Path::new("--format"), Path::new(format)];
        unread(words.into_iter().chain(images.iter().copied()))
    };
    let gone = folder.path().join("gone.png");
    for format in ["text", "jsonl", "csv"] {
        assert_eq!(predict(&[&good, &task], format), (Some(0), String::new()), "{format}");
        let (code, said) = predict(&[&gone, &good], format);
        assert_eq!(code, Some(2), "{format}: {said}");
        assert!(said.contains("gone.png: missing image: "), "{said}");
        assert!(said.contains("expected all to be read, got one that could not"), "{said}");
    }
    let eval = unread([Path::new("eval"), &out]);
    assert_eq!(eval, (Some(0), String::new()));
}

#[test]
fn verdicts_on_data_and_weights_do_not_need_a_reader() {
    let folder = temp();
    let task = colours(folder.path());
    let check = |more: &[&str]| {
        let words = ["data".as_ref(), "check".as_ref(), task.as_os_str()];
        unread(words.into_iter().chain(more.iter().map(AsRef::as_ref))).0
    };
    let verdicts = || [check(&[]), check(&["--json"])];
    assert_eq!(verdicts(), [Some(0); 2]);
    std::fs::write(task.join("train/red/0.png"), b"no picture").unwrap();
    assert_eq!(verdicts(), [Some(2); 2]);
    let refused = fixture("backbones/refused/vit_base_patch14_reg4_dinov2.safetensors");
    for (file, verdict) in [(fixture("backbones/augreg.npz"), 0), (refused, 2)] {
        for form in ["--image-size=32", "--json"] {
            let words = ["weights".as_ref(), "inspect".as_ref(), file.as_os_str(), form.as_ref()];
            let (code, said) = unread(words);
            assert_eq!(code, Some(verdict), "{}: {said}", file.display());
        }
    }
}
