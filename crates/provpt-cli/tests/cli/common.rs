//! A tiny task and quick runs on it.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::Command;
use assert_cmd::cargo::{cargo_bin, cargo_bin_cmd};
use image::{Rgb, RgbImage};
use provpt_runs::{EpochRecord, Metrics, Seconds};
use tempfile::TempDir;

/// The program, deaf to the surroundings.
pub(crate) fn provpt() -> Command {
    let mut command = cargo_bin_cmd!("provpt");
    command.env_remove("RUST_LOG");
    command
}

/// A file of `fixtures/`.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures")).join(name)
}

pub(crate) fn temp() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// What the program said to whom, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a command to its end.
pub(crate) fn run<T: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = T>) -> Said {
    let output = provpt().args(arguments).output().unwrap();
    Said {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Starts a command that says nothing, to be killed.
pub(crate) fn start<T: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = T>) -> Child {
    let mut command = std::process::Command::new(cargo_bin!("provpt"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// Runs a command that must succeed; what it printed.
pub(crate) fn succeed<T: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = T>) -> String {
    let said = run(arguments);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    said.stdout
}

impl Said {
    /// It must have failed with this code, this error and this hint, and with nothing else.
    pub(crate) fn failed(&self, code: i32, error: &str, hint: &str) {
        assert_eq!(self.code, Some(code), "{self:?}");
        let line = |start: &str| self.stderr.lines().find_map(|line| line.strip_prefix(start));
        let (got, advice) = (line("error: ").unwrap_or(""), line("hint: ").unwrap_or(""));
        assert!(got.contains(error), "expected {error:?} in {self:?}");
        assert!(advice.contains(hint), "expected {hint:?} in {self:?}");
        assert!(!self.stderr.contains("panicked"), "{self:?}");
        assert_eq!(self.stdout, "");
    }
}

/// Three classes told apart by colour, as a plain image folder.
pub(crate) fn colours(folder: &Path) -> PathBuf {
    let root = folder.join("colours");
    for (split, images) in [("train", 8), ("val", 3), ("test", 4)] {
        for (class, name) in ["blue", "green", "red"].iter().enumerate() {
            for index in 0..images {
                let path = root.join(format!("{split}/{name}/{index}.png"));
                picture(&path, class, index + 10 * images);
            }
        }
    }
    root
}

/// Writes an image of a class; no two are equal.
pub(crate) fn picture(path: &Path, class: usize, index: u32) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let image = RgbImage::from_fn(24, 20, |x, y| {
        let mut pixel =
            [(x * index) as u8 % 90, (y * 7 + index) as u8 % 90, (index * 5) as u8 % 90];
        pixel[2 - class] += 120;
        Rgb(pixel)
    });
    image.save(path).unwrap();
}

/// Arguments of a run of two epochs on the colours, one prompt per block.
pub(crate) fn quick(task: &Path, output: &Path) -> Vec<String> {
    vec![
        "train".to_owned(),
        "data.name=colours".to_owned(),
        format!("data.datapath={}", task.display()),
        "data.feature=provpt_pico_patch4_32".to_owned(),
        "data.batch_size=8".to_owned(),
        "solver.total_epoch=2".to_owned(),
        "solver.warmup_epoch=0".to_owned(),
        "model.prompt.num_tokens=1".to_owned(),
        "threads=1".to_owned(),
        format!("output_dir={}", output.display()),
    ]
}

/// The arguments with more settings behind.
pub(crate) fn with(mut arguments: Vec<String>, more: &[&str]) -> Vec<String> {
    arguments.extend(more.iter().map(|&argument| argument.to_owned()));
    arguments
}

/// A finished quick run: the folder that holds everything, the task, the run.
pub(crate) fn trained(more: &[&str]) -> (TempDir, PathBuf, PathBuf) {
    let folder = temp();
    let (task, output) = (colours(folder.path()), folder.path().join("run"));
    succeed(with(quick(&task, &output), more));
    (folder, task, output)
}

pub(crate) fn adapter(run: &Path) -> Vec<u8> {
    std::fs::read(run.join("adapter/adapter_model.safetensors")).unwrap()
}

pub(crate) fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Of a sweep.
pub(crate) fn status(sweep: &Path) -> serde_json::Value {
    serde_json::from_str(&succeed(["sweep", "status", text(sweep), "--json"])).unwrap()
}

/// The training steps.
pub(crate) fn steps(run: &Path) -> String {
    std::fs::read_to_string(run.join("steps.jsonl")).unwrap()
}

/// What must not depend on interruptions: all but the time it took.
pub(crate) fn story(run: &Path) -> Vec<EpochRecord> {
    let metrics = Metrics::load(&run.join("metrics.jsonl")).unwrap();
    let untimed = |record: &EpochRecord| {
        let seconds = Seconds::default();
        EpochRecord { seconds, ..record.clone() }
    };
    metrics.iter().map(untimed).collect()
}

/// For how long tests wait for what must come, on the slowest and busiest machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(900);

/// Waits until something holds.
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
