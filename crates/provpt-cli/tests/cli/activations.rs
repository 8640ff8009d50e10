//! A limit on what images become on their way through the backbone.

use crate::common::{adapter, colours, quick, run, steps, succeed, temp, trained, with};

/// Two MiB are enough for an image on one thread, but not for all that its blocks could keep.
const LITTLE: [&str; 3] =
    ["model.transfer_type=tinytl-bias", "solver.base_lr=0.1", "activations_mb=2"];

#[test]
fn a_run_in_little_memory_says_so_and_ends_alike_in_pieces() {
    let (folder, task, whole) = trained(&LITTLE);
    let log = std::fs::read_to_string(whole.join("log.txt")).unwrap();
    let told = log.lines().find(|line| line.contains("memory    ")).unwrap_or_default();
    assert!(
        told.contains(" of 2 MiB for activations: 1 image at a time on each of 1 thread, "),
        "{log}"
    );
    assert!(told.ends_with(" of 12 blocks computed again on the way back"), "{log}");

    let out = folder.path().join("pieces");
    succeed(with(with(quick(&task, &out), &LITTLE), &["--stop-after", "1"]));
    let resume = ["train".as_ref(), "--resume".as_ref(), out.as_os_str()];
    let said = run(resume.into_iter().chain(["activations_mb=4".as_ref()]));
    said.failed(2, "got activations_mb, which a run keeps", "");
    succeed(resume);
    assert!(adapter(&out) == adapter(&whole), "a run in pieces ended otherwise");
    assert_eq!(steps(&out), steps(&whole));
}

#[test]
fn blocks_computed_again_change_nothing() {
    // One image at a time in both.
    let [whole, again] = ["activations_mb=6", "activations_mb=2"].map(|word| {
        let (_folder, _, run) = trained(&[&LITTLE[..2], &[word, "solver.total_epoch=1"]].concat());
        let log = std::fs::read_to_string(run.join("log.txt")).unwrap();
        (adapter(&run), log.contains("1 image at a time"), log.contains("computed again"))
    });
    assert_eq!([(whole.1, whole.2), (again.1, again.2)], [(true, false), (true, true)]);
    assert!(whole.0 == again.0);
}

#[test]
fn too_little_is_refused_before_anything_is_learned() {
    let folder = temp();
    let (task, out) = (colours(folder.path()), folder.path().join("run"));
    let words = ["model.transfer_type=end2end", "threads=4", "activations_mb=1"];
    let said = run(with(quick(&task, &out), &words));
    let expected = "as one image on each of 4 threads takes, got 1 MiB";
    said.failed(2, expected, "give as much, activations_mb=");
    assert!(!out.join("steps.jsonl").exists());
    for (value, expected) in
        [("-1", "at least 0"), ("much", "a whole number"), ("0.5", "a whole number")]
    {
        let word = format!("activations_mb={value}");
        let said = run(with(quick(&task, &out), &[&word]));
        said.failed(2, "activations_mb: expected a whole number", "config print");
        assert!(said.stderr.contains(expected), "{said:?}");
    }
}
