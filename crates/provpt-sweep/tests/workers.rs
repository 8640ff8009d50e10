//! Workers within this process, and trials that go wrong.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::{Folder, Grid, log, program};
use provpt_runs::sweep::{Choice, Halving, TrialFailure};
use provpt_sweep::{
    Error, Event, Launcher, Options, Outcome, Place, Single, Tally, anywhere, run, run_one, status,
};
use serde_json::json;

/// On a busy machine workers may be silent for long.
fn options() -> Options {
    let stale_after = Duration::from_secs(900);
    Options { places: anywhere(4), memory: None, stage: None, stale_after }
}

fn go(folder: &Folder) -> Result<Tally, Error> {
    let stop = AtomicBool::new(false);
    run(&folder.sweep(), &Launcher::new([program()]), &options(), &stop, &|_| {})
}

fn failure(folder: &Folder, trial: usize) -> TrialFailure {
    let sweep = folder.sweep();
    TrialFailure::load(&sweep.folder.failure(&sweep.trials[trial].id)).unwrap()
}

#[test]
fn a_failed_trial_says_why_and_does_not_stop_the_others() {
    let more = vec![
        (1, "fake.fail_at", json!(2)),
        (2, "fake.die_at", json!(1)),
        (3, "solver.total_epoch", json!(0)),
    ];
    let folder = Grid { trials: 6, epochs: 2, more, ..Grid::default() }.plan();
    assert_eq!(go(&folder).unwrap(), Tally { done: 4, failed: 2, stopped: 0, left: 0 });
    let failed = failure(&folder, 1);
    assert_eq!((failed.exit_code, failed.attempts), (Some(1), 1));
    assert!(failed.reason.contains("expected a finite number"), "{failed:?}");
    let died = failure(&folder, 2);
    assert_eq!((died.exit_code, died.attempts), (None, 3), "signals may be bad luck: three times");
    assert_eq!(died.reason, "ended by signal 6, 3 times");
    assert_eq!(log(&folder.run(2)), ["start"; 3]);
    let status = status(&folder.sweep()).unwrap();
    assert_eq!((status.trials.done, status.trials.failed), (4, 2));
    assert_eq!(status.groups[0].failures.len(), 2);
    assert_eq!(go(&folder).unwrap().failed, 2, "not tried again unless asked for");
    assert_eq!(log(&folder.run(1)), ["start"]);
}

#[test]
fn a_full_disk_ends_the_work_with_one_error_and_nothing_is_lost() {
    let error = json!("metrics.jsonl: cannot write: No space left on device (os error 28)");
    let more = vec![
        (2, "fake.fail_at", json!(3)),
        (2, "fake.error", error),
        (2, "fake.epoch_ms", json!(0)),
    ];
    // The others take much longer.
    let folder = Grid { trials: 40, epochs: 3, epoch_ms: 100, more, ..Grid::default() }.plan();
    let message = go(&folder).unwrap_err().to_string();
    assert!(message.contains("metrics.jsonl: cannot write: No space left"), "{message}");
    let status = status(&folder.sweep()).unwrap().trials;
    assert_eq!((status.failed, status.running), (0, 0), "no trial is to blame, none is held");
    assert!(status.done < 39, "the others stopped, too");
    // Space was made.
    let config = folder.run(2).join("config.toml");
    let text = fs_err::read_to_string(&config).unwrap().replace("fake.fail_at = 3", "");
    fs_err::write(&config, text).unwrap();
    assert_eq!(go(&folder).unwrap(), Tally { done: 40, ..Tally::default() });
    assert_eq!(log(&folder.run(2)), ["start", "start", "end"]);
}

#[test]
fn a_sweep_folder_that_cannot_be_written_is_one_error() {
    let folder = Grid { trials: 3, epochs: 1, ..Grid::default() }.plan();
    fs_err::write(folder.path().join("claims"), "in the way").unwrap();
    let message = go(&folder).unwrap_err().to_string();
    assert!(message.contains("claims/0000000000000000"), "{message}");
}

#[test]
fn a_stop_leaves_trials_that_go_on_later() {
    let folder = Grid { trials: 4, epochs: 200, epoch_ms: 300, ..Grid::default() }.plan();
    let stop = AtomicBool::new(false);
    let outcomes = Mutex::new(Vec::new());
    let watch = |event: &Event<'_>| {
        if let Event::Ended(_, outcome) = event {
            outcomes.lock().unwrap().push((*outcome).clone());
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let begun = |trial| folder.run(trial).join("checkpoint/state").exists();
            while !(0..4).all(begun) {
                std::thread::sleep(Duration::from_millis(5));
            }
            stop.store(true, Ordering::Relaxed);
        });
        let launcher = Launcher::new([program()]);
        let tally = run(&folder.sweep(), &launcher, &options(), &stop, &watch).unwrap();
        assert_eq!(tally.left, 4);
    });
    assert_eq!(*outcomes.lock().unwrap(), [const { Outcome::Released }; 4]);
    assert_eq!(status(&folder.sweep()).unwrap().trials.waiting, 4, "nobody holds them");
    for trial in 0..4 {
        let config = folder.run(trial).join("config.toml");
        let text = fs_err::read_to_string(&config).unwrap();
        fs_err::write(&config, text.replace("epoch_ms = 300", "epoch_ms = 0")).unwrap();
    }
    assert_eq!(go(&folder).unwrap().done, 4);
    assert_eq!(log(&folder.run(0)), ["start", "start", "end"]);
}

#[test]
fn a_trial_whose_claim_was_taken_over_is_given_up() {
    let folder = Grid { trials: 1, epochs: 200, epoch_ms: 1000, ..Grid::default() }.plan();
    let (sweep, stop) = (folder.sweep(), AtomicBool::new(false));
    let lost = AtomicBool::new(false);
    let claims = sweep.folder.claims(&sweep.trials[0].id);
    let watch = |event: &Event<'_>| match event {
        // As if another machine had found us dead; it dies, too.
        Event::Started(_) if !claims.join("2.json").exists() => {
            let far = json!({ "worker": "x", "host": "far", "pid": 1, "process": null,
                "slurm": null });
            fs_err::write(claims.join("2.json"), far.to_string()).unwrap();
        }
        Event::Ended(_, Outcome::Lost) => {
            lost.store(true, Ordering::Relaxed);
            stop.store(true, Ordering::Relaxed);
        }
        _ => {}
    };
    // The only worker, which looks often.
    let options = Options { places: anywhere(1), stale_after: Duration::from_secs(1), ..options() };
    run(&sweep, &Launcher::new([program()]), &options, &stop, &watch).unwrap();
    assert!(lost.load(Ordering::Relaxed));
    assert!(!claims.join("1.end").exists(), "the trial is not ours to judge any more");
    let waiting = status(&sweep).unwrap().trials;
    assert_eq!((waiting.running, waiting.done), (1, 0));
}

#[test]
fn no_more_trials_run_at_once_than_memory_has_room_for() {
    let folder = Grid { trials: 8, epochs: 2, epoch_ms: 5, ..Grid::default() }.plan();
    let (running, most) = (Mutex::new(0), Mutex::new(0));
    let watch = |event: &Event<'_>| {
        let mut running = running.lock().unwrap();
        match event {
            Event::Started(_) => *running += 1,
            Event::Ended(..) => *running -= 1,
        }
        let mut most = most.lock().unwrap();
        *most = (*most).max(*running);
    };
    let place = Place { device: Some("gpu:0".to_owned()) };
    let options = Options { places: vec![place; 4], memory: Some(1 << 20), ..options() };
    let (launcher, stop) = (Launcher::new([program()]), AtomicBool::new(false));
    let tally = run(&folder.sweep(), &launcher, &options, &stop, &watch).unwrap();
    assert_eq!((tally.done, *most.lock().unwrap()), (8, 1));
    assert_eq!(log(&folder.run(7)), ["start", "end"]);
}

#[test]
fn one_trial_alone_is_left_to_whoever_has_it() {
    let folder = Grid { trials: 2, epochs: 1, ..Grid::default() }.plan();
    let sweep = folder.sweep();
    let stop = AtomicBool::new(false);
    let launcher = Launcher::new([program()]);
    let one = |trial, seconds| {
        let options = Options { stale_after: Duration::from_secs_f64(seconds), ..options() };
        run_one(&sweep, &launcher, &options, trial, &stop, &|_| {}).unwrap()
    };
    assert_eq!(one(1, 1.0), Single::Ended(Tally { done: 1, ..Tally::default() }));
    assert!(!folder.run(0).exists(), "the other is not touched");
    let claims = sweep.folder.claims(&sweep.trials[0].id);
    fs_err::create_dir_all(&claims).unwrap();
    let far = json!({ "worker": "x", "host": "far", "pid": 1, "process": null, "slurm": null });
    fs_err::write(claims.join("1.json"), far.to_string()).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let beat = claims.join("1.beat");
                let mut all = fs_err::read(&beat).unwrap_or_default();
                all.push(b'.');
                fs_err::write(&beat, all).unwrap();
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        let held = one(0, 5.0);
        done.store(true, Ordering::Relaxed);
        assert!(matches!(&held, Single::Held(Some(by)) if by.host == "far"), "{held:?}");
    });
    // Silence: after a while it is ours.
    assert_eq!(one(0, 0.2), Single::Ended(Tally { done: 1, ..Tally::default() }));
    assert!(claims.join("2.json").exists());
}

#[test]
fn rubbish_where_a_run_should_be_is_no_part_of_it() {
    let grid = Grid { trials: 1, epochs: 3, ..Grid::default() };
    let (clean, dirty) = (grid.plan(), grid.plan());
    let run = dirty.run(0);
    fs_err::create_dir_all(run.join("checkpoint")).unwrap();
    fs_err::write(run.join("checkpoint/state"), "\u{2}of another run").unwrap();
    fs_err::write(run.join("metrics.jsonl"), "nonsense").unwrap();
    for folder in [&clean, &dirty] {
        assert_eq!(go(folder).unwrap().done, 1);
    }
    for file in ["adapter/adapter_model.safetensors", "metrics.jsonl", "result.json"] {
        assert_eq!(common::bytes(&run, file), common::bytes(&clean.run(0), file), "{file}");
    }
}

#[test]
fn halving_with_processes_ends_where_the_full_grid_does() {
    let grid = Grid { trials: 12, epochs: 9, ..Grid::default() };
    let full = grid.plan();
    let halved = Grid { halving: Some(Halving { eta: 3, first: 1 }), ..grid }.plan();
    assert_eq!(go(&full).unwrap().done, 12);
    let tally = go(&halved).unwrap();
    assert_eq!((tally.done, tally.stopped), (2, 10));
    for trial in 0..12 {
        let (half, whole) = (halved.run(trial), full.run(trial));
        let metrics = |run| String::from_utf8(common::bytes(run, "metrics.jsonl")).unwrap();
        assert!(metrics(&whole).starts_with(&metrics(&half)), "the same epochs, but fewer");
    }
    let settled = fs_err::read_to_string(halved.path().join("rungs/t.m.json")).unwrap();
    assert_eq!(settled.matches("epochs").count(), 2, "{settled}");
    assert!(Choice::load(&halved.path().join("choices/t.m.json")).is_err(), "no final runs");
}
