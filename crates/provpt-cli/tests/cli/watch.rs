use crate::common::{adapter, quick, run, start, succeed, temp, trained, wait_until, with};

#[test]
fn a_finished_run_is_a_page_of_text() {
    let (_folder, _, out) = trained(&[]);
    let before = adapter(&out);
    let text = succeed(["watch".as_ref(), out.as_os_str(), "--once".as_ref()]);
    assert!(text.starts_with("run  1 done\n"), "{text}");
    for part in ["epoch 2 of 2", "done  colours pro-vpt-prune run", "prompts per block", "loss"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // Without a terminal nobody has to say so.
    assert_eq!(succeed(["watch".as_ref(), out.as_os_str()]), text);
    assert_eq!(adapter(&out), before);
}

#[test]
fn a_folder_shows_what_runs_in_it() {
    let (folder, task, _) = trained(&["model.transfer_type=linear"]);
    let out = folder.path().join("endless");
    let mut child = start(with(quick(&task, &out), &["solver.total_epoch=100000"]));
    wait_until("no epoch", || out.join("metrics.jsonl").exists());
    let words = ["watch".as_ref(), folder.path().as_os_str(), "--once".as_ref()];
    let text = succeed(words);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(text.lines().next().unwrap().ends_with("  1 running  1 done"), "{text}");
    assert!(text.contains("colours linear run"), "{text}");
    assert!(text.contains("/100000"), "{text}");
}

#[test]
fn what_is_not_there_cannot_be_watched() {
    let folder = temp();
    let text = succeed(["watch".as_ref(), folder.path().as_os_str()]);
    assert!(text.contains("no runs yet"), "{text}");
    let missing = folder.path().join("missing");
    run(["watch".as_ref(), missing.as_os_str()]).failed(2, "missing: cannot read: ", "");
}
