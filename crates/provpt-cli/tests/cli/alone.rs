//! One process trains a run, and ends with the one that started it.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use assert_cmd::cargo::cargo_bin;
use provpt_runs::{RunFolder, RunLock};

use crate::common::{
    PATIENCE, Said, adapter, colours, provpt, quick, start, succeed, temp, trained, wait_until,
    with,
};

const LONG: &str = "solver.total_epoch=100000";
/// What is quickly trained.
const PLAIN: &str = "model.prompt.adaptive=false";

fn resume(out: &Path, variables: &[(&str, &str)]) -> Said {
    let mut command = provpt();
    command.args(["train".as_ref(), "--resume".as_ref(), out.as_os_str()]);
    let output = command.envs(variables.iter().copied()).output().unwrap();
    Said {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A run without end, once it is under way.
fn endless(folder: &Path, arguments: &[&str], child: impl Fn(Vec<String>) -> Child) -> Child {
    let out = folder.join("run");
    let child = child(with(quick(&colours(folder), &out), arguments));
    wait_until("no epoch", || out.join("metrics.jsonl").exists());
    child
}

#[test]
fn a_run_that_is_being_trained_is_left_alone() {
    let folder = temp();
    let out = folder.path().join("run");
    let mut child = endless(folder.path(), &[PLAIN, LONG], |arguments| start(&arguments));
    let error = format!(
        "run: another process is training here: expected none, got pid {} on host ",
        child.id()
    );
    resume(&out, &[]).failed(1, &error, "PROVPT_LOCK_WAIT");
    resume(&out, &[("PROVPT_LOCK_WAIT", "0.1")]).failed(1, &error, "");
    child.kill().unwrap();
    child.wait().unwrap();
    // The file stays, the lock does not.
    assert!(out.join("lock").exists());
    let words = ["train".as_ref(), "--resume".as_ref(), out.as_os_str()];
    let stop = ["--stop-after".as_ref(), "1".as_ref()];
    assert!(succeed(words.into_iter().chain(stop)).starts_with("stopped after"));
}

#[test]
fn a_second_process_may_wait_for_the_first() {
    let more = [PLAIN, "solver.total_epoch=6"];
    let (folder, task, whole) = trained(&more);
    let out = folder.path().join("shared");
    let mut child = start(with(quick(&task, &out), &more));
    wait_until("no run", || out.join("config.toml").exists());
    let said = resume(&out, &[("PROVPT_LOCK_WAIT", "900")]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(child.wait().unwrap().success());
    assert_eq!(adapter(&out), adapter(&whole));
}

#[test]
fn variables_that_make_no_sense_are_refused() {
    let folder = temp();
    let said = resume(folder.path(), &[("PROVPT_LOCK_WAIT", "-1")]);
    said.failed(2, "PROVPT_LOCK_WAIT: expected seconds, got \"-1\"", "");
    let said = resume(folder.path(), &[("PROVPT_LIFELINE", "pid")]);
    said.failed(2, "PROVPT_LIFELINE: expected stdin, got \"pid\"", "");
}

/// The parent keeps the writing end of the pipe that the run reads from.
#[cfg(unix)]
#[test]
fn a_run_on_a_lifeline_ends_with_its_parent() {
    let folder = temp();
    let out = folder.path().join("run");
    let pipe = folder.path().join("pipe");
    let mut parent = endless(folder.path(), &[PLAIN, LONG], |arguments| {
        let mut shell = Command::new("sh");
        let script = "mkfifo \"$PIPE\"; \"$@\" <\"$PIPE\" & exec 3>\"$PIPE\"; wait";
        shell.args(["-c", script, "sh"]).arg(cargo_bin!("provpt")).args(arguments);
        shell.env("PIPE", &pipe).env("PROVPT_LIFELINE", "stdin");
        shell.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    });
    let run = RunFolder::at(&out);
    assert!(RunLock::take(&run, Duration::ZERO).is_err(), "it trains");
    parent.kill().unwrap();
    parent.wait().unwrap();
    RunLock::take(&run, PATIENCE).unwrap();
    let log = std::fs::read_to_string(run.log()).unwrap();
    assert!(log.contains("WARN run: ended     whoever started this run has ended"), "{log}");
}

#[test]
fn a_run_whose_lifeline_holds_comes_to_its_end() {
    let folder = temp();
    let (task, out) = (colours(folder.path()), folder.path().join("run"));
    let mut command = Command::new(cargo_bin!("provpt"));
    command.args(quick(&task, &out)).env("PROVPT_LIFELINE", "stdin").stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let _held = child.stdin.take();
    assert!(child.wait().unwrap().success());
    // One that is cut from the start lets nothing begin, and has the code of a terminated process.
    let words = ["train".as_ref(), "--resume".as_ref(), out.as_os_str()];
    let mut command = Command::new(cargo_bin!("provpt"));
    command.args(words).env("PROVPT_LIFELINE", "stdin").env("PROVPT_LOCK_WAIT", "900");
    std::fs::remove_file(out.join("result.json")).unwrap();
    let _lock = RunLock::take(&RunFolder::at(&out), Duration::ZERO).unwrap();
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(143));
    assert_eq!((output.stdout, output.stderr), (Vec::new(), Vec::new()), "it goes quietly");
}

/// SIGTERM and SIGINT end a run at once; it goes on as after any kill.
#[cfg(unix)]
#[test]
fn a_run_ended_by_a_signal_goes_on_as_if_left_alone() {
    let more = [PLAIN, "solver.total_epoch=4"];
    let (folder, task, whole) = trained(&more);
    for signal in ["TERM", "INT"] {
        let out = folder.path().join(signal);
        let mut child = start(with(quick(&task, &out), &more));
        wait_until("no epoch", || out.join("metrics.jsonl").exists());
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
        child.wait().unwrap();
        assert_eq!(resume(&out, &[]).code, Some(0));
        assert_eq!(adapter(&out), adapter(&whole), "{signal}");
    }
}
