//! The files that show a run: while it goes on, when it stops, and when they cannot be written.

use std::fs;
use std::path::Path;

use crate::common::{colours, quick, run, start, succeed, temp, trained, wait_until, with};

fn page(run: &Path) -> String {
    fs::read_to_string(run.join("report.html")).unwrap()
}

/// A page that is as good as one made of the files.
fn assert_complete(run: &Path) {
    let drawn = page(run);
    succeed(["report".as_ref(), run.as_os_str()]);
    assert!(drawn == page(run), "drawn while training, and from files");
}

#[test]
fn a_run_has_a_page_while_it_goes_on_and_when_it_ends() {
    let (folder, task, whole) = trained(&["solver.total_epoch=3"]);
    assert!(page(&whole).contains("pro-vpt-prune on colours</h1>"));
    assert_complete(&whole);

    let out = folder.path().join("stopped");
    let words = with(quick(&task, &out), &["solver.total_epoch=3", "--stop-after", "2"]);
    succeed(words);
    assert!(page(&out).contains("not finished: 2 epochs so far"));
    assert_complete(&out);
    succeed(["train".as_ref(), "--resume".as_ref(), out.as_os_str()]);
    assert_complete(&out);
    let cards = |run: &Path| page(run).split("Trained numbers").next().unwrap().to_owned();
    assert_eq!(cards(&out), cards(&whole));

    let out = folder.path().join("endless");
    let mut child = start(with(quick(&task, &out), &["solver.total_epoch=100000"]));
    wait_until("no page", || out.join("report.html").exists());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(page(&out).contains("not finished: "));
}

#[test]
fn a_page_that_cannot_be_written_stops_no_run_but_is_told() {
    let folder = temp();
    let (task, out) = (colours(folder.path()), folder.path().join("run"));
    fs::create_dir_all(out.join("report.html")).unwrap();
    let said = run(quick(&task, &out));
    said.failed(1, "report.html: cannot write: ", "");
    assert!(said.stderr.contains("warning: "), "{}", said.stderr);
    assert!(out.join("result.json").is_file(), "the run is complete");
    fs::remove_dir(out.join("report.html")).unwrap();
    succeed(["report".as_ref(), out.as_os_str()]);
}

#[cfg(feature = "tensorboard")]
#[test]
fn events_that_cannot_be_written_stop_no_run_but_are_told() {
    let folder = temp();
    let (task, out) = (colours(folder.path()), folder.path().join("run"));
    fs::create_dir_all(&out).unwrap();
    fs::write(out.join("tensorboard"), "in the way").unwrap();
    let said = run(with(quick(&task, &out), &["log.tensorboard=true"]));
    said.failed(1, "tensorboard: cannot create the folder: ", "");
    assert!(out.join("result.json").is_file() && out.join("report.html").is_file());
}
