use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use provpt_runs::sweep::Plan;
use provpt_runs::{EpochRecord, Metrics, RunFailure, RunResult, Score, Seconds, atomic};
use serde_json::json;

use super::*;

fn write(path: &Path, text: &str) {
    atomic::create_parent(path).unwrap();
    atomic::write(path, text.as_bytes()).unwrap();
}

/// A run of ten epochs that has done some.
fn run(path: &Path, epochs: usize) {
    write(&path.join("config.toml"), "[data]\nname = \"flowers\"\n[solver]\ntotal_epoch = 10\n");
    let epoch = |epoch| EpochRecord {
        epoch,
        train_loss: 1.0 / (epoch + 1) as f64,
        val: Some(Score { loss: 1.0, top1: 0.1 * epoch as f64 }),
        distribution: vec![epoch, 2],
        seconds: Seconds { tune: 2.0, ..Seconds::default() },
        ..EpochRecord::default()
    };
    let metrics = Metrics::from((0..epochs).map(epoch).collect::<Vec<_>>());
    metrics.store(&path.join("metrics.jsonl")).unwrap();
}

fn finish(path: &Path) {
    let result = RunResult { method: "vpt-deep".to_owned(), epochs: 10, ..RunResult::default() };
    result.store(&path.join("result.json")).unwrap();
}

/// Makes all of a folder's files an hour old.
fn age(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let file = fs::File::options().append(true).open(entry.unwrap().path()).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(3600)).unwrap();
    }
}

#[test]
fn a_run_runs_until_its_result_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    run(&path, 2);
    let mut watcher = Watcher::new(&path).unwrap();
    let scene = watcher.look();
    assert_eq!((scene.title.as_str(), scene.sweep, scene.runs.len()), ("run", false, 1));
    let sight = &scene.runs[0];
    assert_eq!((sight.state, sight.epochs, sight.total), (State::Running, 2, Some(10)));
    assert_eq!((sight.name.as_str(), sight.task.as_str(), sight.seconds), ("run", "flowers", 4.0));
    assert_eq!(sight.last.unwrap().train_loss, 0.5);

    run(&path, 3);
    assert_eq!(watcher.look().runs[0].epochs, 3);
    finish(&path);
    let sight = watcher.look().runs.remove(0);
    assert_eq!((sight.state, sight.method.as_str()), (State::Done, "vpt-deep"));
}

#[test]
fn a_run_that_an_error_ended_has_failed_until_it_is_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    run(&path, 2);
    let failure = RunFailure { reason: "full disk".to_owned(), epochs: 2 };
    failure.store(&path.join("failure.json")).unwrap();
    let mut watcher = Watcher::new(&path).unwrap();
    let sight = watcher.look().runs.remove(0);
    assert_eq!((sight.state, sight.reason.as_deref()), (State::Failed, Some("full disk")));
    fs::remove_file(path.join("failure.json")).unwrap();
    let sight = watcher.look().runs.remove(0);
    assert_eq!((sight.state, sight.reason), (State::Running, None));
}

#[test]
fn a_run_whose_files_are_old_is_quiet_until_they_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    run(&path, 2);
    age(&path);
    let mut watcher = Watcher::new(&path).unwrap();
    let sight = watcher.look().runs.remove(0);
    assert_eq!(sight.state, State::Quiet);
    assert!(sight.silence >= 3600.0);
    fs::write(path.join("steps.jsonl"), "{}").unwrap();
    assert_eq!(watcher.look().runs[0].state, State::Running);
}

#[test]
fn runs_appear_vanish_and_are_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut watcher = Watcher::new(folder.path()).unwrap();
    assert_eq!(watcher.look().runs, []);
    let deep = folder.path().join("flowers/seed-1");
    run(&deep, 3);
    run(&folder.path().join("a"), 1);
    let metrics = deep.join("metrics.jsonl");
    let text = fs::read(&metrics).unwrap();
    fs::write(&metrics, &text[..text.len() - 20]).unwrap();
    let scene = watcher.look();
    let names: Vec<&str> = scene.runs.iter().map(|run| run.name.as_str()).collect();
    assert_eq!(names, ["a", "flowers/seed-1"]);
    assert_eq!(scene.runs[1].epochs, 2, "the last line is not whole");
    fs::write(deep.join("result.json"), "{\"method").unwrap();
    assert_eq!(watcher.look().runs[1].state, State::Running);
    fs::remove_dir_all(&deep).unwrap();
    assert_eq!(watcher.look().runs.len(), 1);
    fs::remove_dir_all(folder.path()).unwrap();
    assert_eq!(watcher.look().runs, []);
    let message = Watcher::new(folder.path()).unwrap_err().to_string();
    assert!(message.contains(": cannot read: "), "{message}");
}

#[test]
fn a_curve_is_read_as_far_as_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), 3);
    let path = folder.path().join("metrics.jsonl");
    let curve = Curve::load(&path);
    assert_eq!((curve.points.len(), &curve.distribution[..]), (3, &[2, 2][..]));
    fs::write(&path, b"\xff\n{\"epoch\":0,\"train_loss\":null,\"train_top1\":0}\n{").unwrap();
    let curve = Curve::load(&path);
    assert_eq!(curve.points.len(), 1);
    assert!(curve.points[0].train_loss.is_nan());
    assert_eq!(Curve::load(&folder.path().join("none")), Curve::default());
}

fn trial(id: &str, stage: &str) -> serde_json::Value {
    json!({"id": id, "stage": stage, "task": "flowers", "method": "deep", "seed": 18,
        "values": {"solver.base_lr": 2.5}, "folder": format!("trials/{id}"),
        "config": {"solver.total_epoch": 10}})
}

/// A sweep of five grid trials and a final one.
fn sweep(path: &Path) {
    let trials = ["a", "b", "c", "d", "e"].map(|id| trial(id, "grid")).into_iter();
    let lines: Vec<String> =
        trials.chain([trial("f", "final")]).map(|trial| trial.to_string()).collect();
    write(&path.join("plan.jsonl"), &lines.join("\n"));
    assert_eq!(Plan::load(&path.join("plan.jsonl")).unwrap().trials.len(), 6);
}

fn states(scene: &Scene) -> String {
    let letter = |run: &Sight| format!("{:?}", run.state).chars().next();
    scene.runs.iter().filter_map(letter).collect()
}

#[test]
fn the_trials_of_a_sweep_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    sweep(path);
    let mut watcher = Watcher::new(&path.join("plan.jsonl")).unwrap();
    assert_eq!(states(&watcher.look()), "WWWWWW");
    for id in ["a", "b", "c"] {
        write(&path.join(format!("claims/{id}/1.json")), "{}");
        run(&path.join("trials").join(id), 2);
    }
    finish(&path.join("trials/a"));
    write(&path.join("claims/b/1.end"), "{\"how\":\"failed\"}");
    let failure = json!({"id": "b", "exit_code": 1, "reason": "full disk", "attempts": 2});
    write(&path.join("failures/b.json"), &failure.to_string());
    let scene = watcher.look();
    assert_eq!(states(&scene), "DFRWWW");
    assert_eq!(scene.runs[1].reason.as_deref(), Some("full disk"));
    assert_eq!(scene.runs[0].method, "deep", "as the plan calls it");
    let names: Vec<&str> = scene.runs.iter().map(|run| run.name.as_str()).collect();
    assert_eq!((names[0], names[5]), ("base_lr=2.5 seed=18", "final base_lr=2.5 seed=18"));
    assert_eq!((scene.count(State::Waiting), scene.count(State::Quiet)), (3, 0));

    // It fails no more, and another is tried a second time.
    fs::remove_file(path.join("failures/b.json")).unwrap();
    write(&path.join("claims/c/1.end"), "{\"how\":\"rung\"}");
    assert_eq!(states(&watcher.look()), "DWWWWW");
    write(&path.join("claims/c/2.json"), "{}");
    assert_eq!(states(&watcher.look()), "DWRWWW");

    // Successive halving lets others go on.
    write(&path.join("claims/c/2.end"), "{\"how\":\"rung\"}");
    let rung = json!({"epochs": 2, "entered": 5, "promoted": ["a", "b", "d"]});
    write(&path.join("rungs/flowers.deep.json"), &json!([rung]).to_string());
    assert_eq!(states(&watcher.look()), "DWSWSW");
}

#[test]
fn a_trial_whose_worker_is_silent_is_quiet() {
    let folder = tempfile::tempdir().unwrap();
    let (path, trial) = (folder.path(), folder.path().join("trials/a"));
    sweep(path);
    run(&trial, 2);
    write(&path.join("claims/a/1.json"), "{}");
    write(&path.join("claims/a/1.beat"), "..");
    age(&trial);
    age(&path.join("claims/a"));
    let mut watcher = Watcher::new(path).unwrap();
    assert_eq!(states(&watcher.look()), "QWWWWW");
    fs::write(path.join("claims/a/1.beat"), "...").unwrap();
    assert_eq!(states(&watcher.look()), "RWWWWW");
}
