use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use provpt_runs::Metrics;

use crate::common::{
    PATIENCE, adapter, colours, json, quick, run, start, steps, story, succeed, temp, trained, with,
};

const EPOCHS: [&str; 3] =
    ["solver.total_epoch=6", "model.prompt.num_tokens=2", "log.tensorboard=true"];

fn lines(run: &Path) -> usize {
    let text = std::fs::read_to_string(run.join("metrics.jsonl")).unwrap_or_default();
    text.lines().count()
}

/// Bytes of TensorBoard's event file: times aside, equal events are equally long.
fn event_bytes(run: &Path) -> u64 {
    let path = run.join("tensorboard/events.out.tfevents.0.provpt");
    std::fs::metadata(path).unwrap().len()
}

/// Kills the run `delay` after `epochs` are on disk; false if it came to its end first.
fn killed(mut child: Child, run: &Path, epochs: usize, delay: Duration) -> bool {
    let begun = Instant::now();
    while !run.join("config.toml").exists() || lines(run) < epochs {
        assert!(begun.elapsed() < PATIENCE, "no epoch {epochs}");
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(delay);
    child.kill().unwrap();
    // A process that a signal ended has no exit code.
    child.wait().unwrap().code().is_none()
}

/// Part of the time that an epoch of a finished run took.
fn part_of_epoch(whole: &Path, part: f64) -> Duration {
    let metrics = Metrics::load(&whole.join("metrics.jsonl")).unwrap();
    let seconds: f64 = metrics.iter().map(|record| record.seconds.total()).sum();
    Duration::from_secs_f64(part * seconds / metrics.len() as f64)
}

#[test]
fn a_run_killed_anywhere_and_resumed_ends_as_if_left_alone() {
    let (folder, task, whole) = trained(&EPOCHS);
    let mut kills = 0;
    for attempt in 0.. {
        assert!(attempt < 200, "only {kills} kills hit a running program");
        let out = folder.path().join(format!("killed-{attempt}"));
        let arguments = with(quick(&task, &out), &EPOCHS);
        // Before the first epoch, then after one more each time, at any place within the epoch.
        let (epochs, part) = (kills % 5, (attempt * 3 % 10) as f64 / 10.0);
        let delay = part_of_epoch(&whole, part);
        if !killed(start(&arguments), &out, epochs, delay) {
            continue;
        }
        kills += 1;
        assert!(!out.join("result.json").exists());
        succeed(["train".as_ref(), "--resume".as_ref(), out.as_os_str()]);
        assert_eq!(adapter(&out), adapter(&whole), "killed after epoch {epochs} and {delay:?}");
        assert_eq!(story(&out), story(&whole));
        assert_eq!(steps(&out), steps(&whole));
        assert_eq!(event_bytes(&out), event_bytes(&whole));
        if kills >= 6 {
            break;
        }
    }
}

#[test]
fn a_run_killed_again_and_again_ends_as_if_left_alone() {
    let (folder, task, whole) = trained(&EPOCHS);
    let out = folder.path().join("unlucky");
    let mut child = start(with(quick(&task, &out), &EPOCHS));
    for epochs in [0, 1, 3, 4] {
        killed(child, &out, epochs, part_of_epoch(&whole, 0.2 * epochs as f64));
        child = start(["train".to_owned(), "--resume".to_owned(), out.display().to_string()]);
    }
    assert!(child.wait().unwrap().success());
    assert_eq!(adapter(&out), adapter(&whole));
    assert_eq!(steps(&out), steps(&whole));
    let top1 = |run: &Path| json(&run.join("result.json"))["test"]["top1"].as_f64().unwrap();
    assert_eq!(top1(&out), top1(&whole));
    let log = std::fs::read_to_string(out.join("log.txt")).unwrap();
    assert!(log.contains("resumed "), "{log}");
}

#[test]
fn resuming_a_finished_run_tells_its_result_again() {
    let (_folder, _, out) = trained(&[]);
    let before = std::fs::read(out.join("result.json")).unwrap();
    let stdout = succeed(["train".as_ref(), "--resume".as_ref(), out.as_os_str()]);
    assert!(stdout.contains("top-1 "), "{stdout}");
    assert_eq!(std::fs::read(out.join("result.json")).unwrap(), before);
}

#[test]
fn a_folder_that_holds_a_run_is_left_alone() {
    let (_folder, task, out) = trained(&["solver.total_epoch=1"]);
    let before = std::fs::read(out.join("config.toml")).unwrap();
    let said = run(with(quick(&task, &out), &["seed=9"]));
    said.failed(2, "run: already holds a run: expected no config.toml", "--resume");
    said.failed(2, "run: already holds a run", "another output_dir");
    assert_eq!(std::fs::read(out.join("config.toml")).unwrap(), before);
}

#[test]
fn a_folder_without_a_run_cannot_be_resumed() {
    let folder = temp();
    colours(folder.path());
    run(["train".as_ref(), "--resume".as_ref(), folder.path().as_os_str()]).failed(
        2,
        "not a run: expected a folder with config.toml, got none",
        "a run is the output_dir",
    );
    let words = ["train", "--resume", "x", "--threads", "2"];
    run(words).failed(2, "--threads: expected nothing", "");
}

/// Changes the preprocessing in a run's `adapter_config.json`.
fn alter(run: &Path, change: impl FnOnce(&mut serde_json::Value)) {
    let path = run.join("adapter/adapter_config.json");
    let mut config = json(&path);
    change(&mut config);
    std::fs::write(&path, config.to_string()).unwrap();
}

#[test]
fn a_resumed_run_keeps_to_the_pixels_that_it_began_with() {
    let (folder, task, whole) = trained(&["solver.total_epoch=2"]);
    let out = folder.path().join("halved");
    let halved = with(quick(&task, &out), &["solver.total_epoch=2", "--stop-after", "1"]);
    succeed(&halved);
    alter(&out, |config| config["preprocessing"]["mean"] = serde_json::json!([0.25, 0.5, 0.75]));
    let said = run(["train".as_ref(), "--resume".as_ref(), out.as_os_str()]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let told = "mean [0.25, 0.5, 0.75], std [0.5, 0.5, 0.5] (as the run began)";
    assert!(said.stdout.contains(told) || said.stderr.contains(told), "{}", said.stderr);
    let mean = &json(&out.join("adapter/adapter_config.json"))["preprocessing"]["mean"];
    assert_eq!(*mean, serde_json::json!([0.25, 0.5, 0.75]));
    assert_ne!(adapter(&out), adapter(&whole));
}

#[test]
fn a_run_is_resumed_on_its_own_backbone_only_and_with_an_adapter_that_can_be_read() {
    let (folder, task, _) = trained(&["solver.total_epoch=1"]);
    let out = folder.path().join("halved");
    succeed(with(quick(&task, &out), &["solver.total_epoch=2", "--stop-after", "1"]));
    let resume = || run(["train".as_ref(), "--resume".as_ref(), out.as_os_str()]);
    let hash = json(&out.join("adapter/adapter_config.json"))["backbone_sha256"].clone();
    alter(&out, |config| config["backbone_sha256"] = "00".into());
    resume().failed(2, "learned on backbone", "");
    alter(&out, |config| config["backbone_sha256"] = hash);
    let path = out.join("adapter/adapter_config.json");
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    resume().failed(2, "adapter_config.json", "");
    std::fs::remove_file(&path).unwrap();
    assert_eq!(resume().code, Some(0), "a kill between checkpoint and adapter");
}
