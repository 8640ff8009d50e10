//! Runs that are made in pieces.

use std::path::Path;

use crate::common::{adapter, colours, quick, run, story, succeed, temp, trained, with};

const EPOCHS: [&str; 2] = ["solver.total_epoch=5", "model.prompt.num_tokens=2"];

fn go_on(out: &Path, until: &str) -> String {
    let words = ["train".as_ref(), "--resume".as_ref(), out.as_os_str()];
    succeed(words.into_iter().chain(["--stop-after".as_ref(), until.as_ref()]))
}

#[test]
fn a_run_in_pieces_ends_as_one_in_one_go() {
    let (folder, task, whole) = trained(&EPOCHS);
    let out = folder.path().join("pieces");
    let said = succeed(with(with(quick(&task, &out), &EPOCHS), &["--stop-after", "1"]));
    let expected = format!(
        "stopped after epoch 1 of 5, as asked\ngo on with   provpt train --resume {}\n",
        out.display()
    );
    assert_eq!(said, expected);
    assert!(out.join("checkpoint/state.safetensors").exists());
    // What has been reached already is left as it is.
    let before = story(&out);
    assert!(go_on(&out, "1").starts_with("stopped after epoch 1 of 5"));
    assert_eq!(story(&out), before);
    assert!(go_on(&out, "3").starts_with("stopped after epoch 3 of 5"));
    assert_eq!(story(&out)[..], story(&whole)[..3]);
    assert!(!out.join("result.json").exists());

    assert!(go_on(&out, "9").contains("5 epochs in "));
    assert!(out.join("result.json").exists());
    assert_eq!(adapter(&out), adapter(&whole));
    assert_eq!(story(&out), story(&whole));
    assert!(go_on(&out, "2").contains("5 epochs in "), "a finished run stays so");
}

#[test]
fn to_stop_after_the_last_epoch_is_to_end() {
    let folder = temp();
    let (task, out) = (colours(folder.path()), folder.path().join("run"));
    let said = succeed(with(quick(&task, &out), &["--stop-after", "2"]));
    assert!(said.contains("top-1 "), "{said}");
    assert!(out.join("result.json").exists());
    let said = run(["train", "--stop-after", "0"]);
    assert_eq!(said.code, Some(2), "{said:?}");
}
