//! How workers end: with 0 if all that was theirs is done, else with 1 and the reason.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use assert_cmd::cargo::cargo_bin;

use crate::common::{Said, colours, run, succeed, temp, wait_until};
use crate::sweep_run::claimed;

/// A grid of learning rates on the colours, of runs with so many epochs.
fn planned(folder: &Path, rates: &str, epochs: usize) -> PathBuf {
    let task = colours(folder);
    let spec = format!(
        "protocol = 'grid'\nname = 'small'\nmethods = ['linear']\nseeds = [1]\n\
         grid = {{ solver.base_lr = {rates} }}\n\
         [set]\ndata.batch_size = 8\nsolver.total_epoch = {epochs}\nsolver.warmup_epoch = 0\n\
         model.prompt.clip_norm = 0\ndata.cache_dir = 'none'\n\
         [[task]]\nname = 'colours'\nset = {{ data.datapath = '{}' }}\n",
        task.display()
    );
    let (path, out) = (folder.join("spec.toml"), folder.join("sweep"));
    std::fs::write(&path, spec).unwrap();
    succeed(["sweep".as_ref(), "plan".as_ref(), path.as_os_str(), "-o".as_ref(), out.as_os_str()]);
    out
}

fn words<'a>(sweep: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    [&["sweep", "worker", sweep.to_str().unwrap()], more].concat()
}

fn worker(sweep: &Path, more: &[&str]) -> Said {
    run(words(sweep, more))
}

/// The files in a folder, at any depth, whose names end so.
fn ending(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let files = walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok);
    let named = files.filter(|file| file.file_name().to_string_lossy().ends_with(ending));
    named.map(walkdir::DirEntry::into_path).collect()
}

#[test]
fn a_worker_whose_trial_fails_ends_with_1_and_the_others_with_0() {
    let folder = temp();
    let sweep = planned(folder.path(), "[1e38, 0.5]", 1);
    let failed = worker(&sweep, &["--index", "0"]);
    failed.failed(1, "expected all trials to end well, got 1 that failed", "--retry-failed");
    assert!(failed.stderr.contains("loss: expected a finite"), "{failed:?}");
    assert_eq!(worker(&sweep, &["--index", "1"]).code, Some(0));
    // Neither is tried again, and the answer stays.
    assert_eq!(worker(&sweep, &["--index", "0"]).code, Some(1));
    assert_eq!(worker(&sweep, &["--index", "1"]).code, Some(0));
    let rest = worker(&sweep, &[]);
    rest.failed(1, "expected all trials to end well, got 1 that failed", "");
    assert!(rest.stderr.contains("1 done, 1 failed"), "{rest:?}");
}

/// A worker that has begun the only trial.
fn begun(sweep: &Path, variables: &[(&str, &str)]) -> Child {
    let mut command = Command::new(cargo_bin!("provpt"));
    command.args(words(sweep, &["--index", "0"])).envs(variables.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    wait_until("no claim", || claimed(sweep, child.id()));
    wait_until("no epoch", || !ending(&sweep.join("trials"), "metrics.jsonl").is_empty());
    child
}

fn ended(child: Child, signal: &str) -> (Option<i32>, String) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

const LONG: usize = 100_000;

#[test]
fn a_worker_that_is_stopped_says_what_is_left() {
    let folder = temp();
    let sweep = planned(folder.path(), "[0.5]", LONG);
    for signal in ["INT", "TERM", "USR1"] {
        let (code, said) = ended(begun(&sweep, &[]), signal);
        assert_eq!(code, Some(1), "{signal}: {said}");
        assert!(said.contains("error: stopped by a signal: 1 trials are left"), "{said}");
        assert!(said.contains("hint: the same command goes on from the checkpoints"), "{said}");
    }
    assert!(ending(&sweep.join("claims"), "stderr").len() <= 3);
}

/// Slurm's own command is told of it; here one that says what it was told.
#[test]
fn a_task_of_slurm_puts_itself_into_the_queue_again() {
    use std::os::unix::fs::PermissionsExt;
    let folder = temp();
    let sweep = planned(folder.path(), "[0.5]", LONG);
    let (bin, told) = (folder.path().join("bin"), folder.path().join("told"));
    std::fs::create_dir(&bin).unwrap();
    let scontrol = bin.join("scontrol");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    for (verdict, code) in [("true", Some(0)), ("false", Some(1))] {
        let script = format!("#!/bin/sh\necho \"$@\" >'{}'\n{verdict}\n", told.display());
        std::fs::write(&scontrol, script).unwrap();
        std::fs::set_permissions(&scontrol, PermissionsExt::from_mode(0o755)).unwrap();
        let variables = [("PATH", &*path), ("SLURM_JOB_ID", "7")];
        let (got, said) = ended(begun(&sweep, &variables), "USR1");
        assert_eq!(got, code, "{said}");
        assert_eq!(std::fs::read_to_string(&told).unwrap(), "requeue 7\n");
        assert_eq!(said.contains("error: scontrol requeue 7: "), verdict == "false", "{said}");
    }
}

#[test]
fn what_a_killed_worker_leaves_is_brought_to_its_end_by_another() {
    let folder = temp();
    let sweep = planned(folder.path(), "[0.5]", 200);
    let (code, _) = ended(begun(&sweep, &[]), "KILL");
    assert_eq!(code, None, "it was killed");
    let second = worker(&sweep, &["--index", "0"]);
    assert_eq!(second.code, Some(0), "{second:?}");
    assert!(second.stderr.contains("1 done"), "{second:?}");
    assert_eq!(ending(&sweep.join("claims"), "2.json").len(), 1, "it was taken over");
    assert_eq!(ending(&sweep.join("trials"), "result.json").len(), 1);
}
