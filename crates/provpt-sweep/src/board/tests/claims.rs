//! Whose trial it is.

use super::*;

#[test]
fn a_claim_that_was_given_back_may_be_taken_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = sweep(folder.path(), &[5.0], 1, None);
    let mut board = board(&sweep);
    let first = work(&mut board);
    end(&sweep, &first, How::Released, 0);
    let second = work(&mut board);
    assert_eq!((second.trial, second.generation), (0, 2));
}

#[test]
fn a_claim_without_signs_of_life_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = sweep(folder.path(), &[5.0], 1, None);
    let far = Holder { host: "far".to_owned(), process: None, ..Holder::here(0) };
    let claims = sweep.claims(0);
    assert!(claims.take(1, &far).unwrap());
    let mut board = board(&sweep);
    let mut at = |seconds| board.next(&Holder::here(0), Duration::from_secs(seconds)).unwrap();
    assert!(matches!(at(0), Next::Wait(Waiting::Held(0, Some(_)))));
    assert!(matches!(at(59), Next::Wait(_)));
    claims.beat(1).unwrap();
    assert!(matches!(at(61), Next::Wait(_)), "it lives");
    assert!(matches!(at(120), Next::Wait(_)));
    let Next::Work(work) = at(121) else { panic!("expected it to be stale") };
    assert_eq!((work.trial, work.generation), (0, 2));
    assert!(claims.is_superseded(1));
}

#[cfg(target_os = "linux")]
#[test]
fn a_claim_of_a_process_that_is_gone_is_taken_over_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = sweep(folder.path(), &[5.0], 1, None);
    let dead = Holder { pid: u32::MAX, ..Holder::here(0) };
    assert!(sweep.claims(0).take(1, &dead).unwrap());
    assert_eq!(work(&mut board(&sweep)).generation, 2);
}

#[test]
fn a_claim_whose_holder_is_not_known_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = sweep(folder.path(), &[5.0], 1, None);
    let claim = sweep.claims(0).file(1, "json");
    atomic::create_parent(&claim).unwrap();
    fs_err::write(claim, "").unwrap();
    let mut board = board(&sweep);
    let mut at = |seconds| board.next(&Holder::here(0), Duration::from_secs(seconds)).unwrap();
    assert_eq!(at(0), Next::Wait(Waiting::Held(0, None)));
    assert!(matches!(at(60), Next::Work(work) if work.generation == 2));
}

/// Whoever looked before another claimed must not take the trial for its own.
#[test]
fn of_workers_that_look_at_the_same_moment_one_gets_each_trial() {
    use std::sync::atomic::{AtomicUsize, Ordering};

    const ROUNDS: usize = 64;
    let folder = tempfile::tempdir().unwrap();
    let sweep = sweep(folder.path(), &[1.0; 2 * ROUNDS], 1, None);
    let arrived = AtomicUsize::new(0);
    let claimed = &|number| {
        let mut board = board(&sweep);
        let mut trials = Vec::new();
        for round in 1..=ROUNDS {
            arrived.fetch_add(1, Ordering::SeqCst);
            while arrived.load(Ordering::SeqCst) < 2 * round {
                std::thread::yield_now();
            }
            match board.next(&Holder::here(number), Duration::ZERO).unwrap() {
                Next::Work(work) => trials.push(work.trial),
                other => panic!("expected work, got {other:?}"),
            }
        }
        trials
    };
    let mut all: Vec<usize> = std::thread::scope(|scope| {
        let workers = [0, 1].map(|number| scope.spawn(move || claimed(number)));
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    all.sort_unstable();
    assert_eq!(all, (0..2 * ROUNDS).collect::<Vec<_>>());
}
