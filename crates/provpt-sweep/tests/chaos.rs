//! Workers that die at any moment, and what becomes of their trials: with real processes.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod common;

use std::process::Child;
use std::time::Duration;

use common::{Grid, bytes, log, start_worker, work};
use rand::{RngExt, SeedableRng};

#[test]
fn two_hundred_trials_end_once_and_alike_though_workers_are_killed() {
    const WORKERS: usize = 8;
    let grid = Grid { trials: 200, epochs: 4, epoch_ms: 4, ..Grid::default() };
    let (calm, wild) = (grid.plan(), grid.plan());
    assert!(work(&calm, 4).success());

    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let mut workers: Vec<Child> = (0..WORKERS).map(|_| start_worker(&wild)).collect();
    let mut killed = 0;
    while wild.done() < grid.trials {
        std::thread::sleep(Duration::from_millis(60));
        let victim = rng.random_range(0..WORKERS);
        // SIGKILL. One that found nothing left to do has ended by itself, well.
        if workers[victim].try_wait().unwrap().is_none() {
            workers[victim].kill().unwrap();
            killed += 1;
        }
        workers[victim].wait().unwrap();
        workers[victim] = start_worker(&wild);
    }
    for mut worker in workers {
        assert!(worker.wait().unwrap().success(), "nothing is left, so they end");
    }
    assert!(killed > 5, "{killed} workers were killed");

    let mut resumed = 0;
    for trial in &wild.sweep().trials {
        let run = |sweep: &common::Folder| sweep.sweep().folder.run(trial).path().to_owned();
        let log = log(&run(&wild));
        assert_eq!(log.iter().filter(|line| *line == "end").count(), 1, "{}: {log:?}", trial.id);
        resumed += log.iter().filter(|line| *line == "start").count() - 1;
        for file in ["adapter/adapter_model.safetensors", "metrics.jsonl", "result.json"] {
            assert_eq!(bytes(&run(&wild), file), bytes(&run(&calm), file), "{}: {file}", trial.id);
        }
    }
    assert!(resumed > 0, "some were gone on with");
}
