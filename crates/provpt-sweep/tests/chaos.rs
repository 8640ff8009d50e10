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
    let (mut killed, mut done) = (0, 0);
    while done < grid.trials {
        // A kill for every five trials that ended: a slow machine gets on, too.
        let before = done;
        while done < grid.trials.min(before + 5) {
            std::thread::sleep(Duration::from_millis(rng.random_range(1..20)));
            done = wild.done();
        }
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

    let (mut resumed, mut ends) = (0, 0);
    for trial in &wild.sweep().trials {
        let run = |sweep: &common::Folder| sweep.sweep().folder.run(trial).path().to_owned();
        let log = log(&run(&wild));
        // The line follows the result, so that a kill may take it; but nothing runs after it. Claims
        // tell less: a worker that is slow for once is taken for dead, and then both say `done`.
        let ended = log.iter().filter(|line| *line == "end").count();
        assert!(ended <= 1, "{}: {log:?}", trial.id);
        assert!(ended == 0 || log.last().is_some_and(|line| line == "end"), "{log:?}");
        ends += ended;
        resumed += log.iter().filter(|line| *line == "start").count() - 1;
        for file in ["adapter/adapter_model.safetensors", "metrics.jsonl", "result.json"] {
            assert_eq!(bytes(&run(&wild), file), bytes(&run(&calm), file), "{}: {file}", trial.id);
        }
    }
    assert!(resumed > 0, "some were gone on with");
    assert!(ends + killed >= grid.trials, "a kill takes one line at most");
}
