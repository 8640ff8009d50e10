use std::sync::Barrier;
use std::thread;

use super::*;

fn claims() -> (tempfile::TempDir, Claims) {
    let folder = tempfile::tempdir().unwrap();
    let claims = Claims::new(folder.path().join("claims/id"));
    (folder, claims)
}

#[test]
fn of_many_that_race_one_wins_each_generation() {
    const WORKERS: usize = 16;
    const GENERATIONS: u64 = 25;
    let (_folder, claims) = claims();
    let start = Barrier::new(WORKERS);
    let race = |worker: usize| {
        let holder = Holder { worker: worker.to_string(), ..Holder::here(worker) };
        let take = |generation| {
            start.wait();
            claims.take(generation, &holder).unwrap()
        };
        (1..=GENERATIONS).map(take).collect::<Vec<bool>>()
    };
    let won: Vec<Vec<bool>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|w| scope.spawn(move || race(w))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    for generation in 0..GENERATIONS {
        let winners: Vec<_> = (0..WORKERS).filter(|&w| won[w][generation as usize]).collect();
        assert_eq!(winners.len(), 1, "generation {generation}");
        let json = fs_err::read(claims.file(generation + 1, "json")).unwrap();
        let holder: Holder = serde_json::from_slice(&json).unwrap();
        assert_eq!(holder.worker, winners[0].to_string(), "the winner's name is in it");
    }
    let files = fs_err::read_dir(&claims.folder).unwrap().count();
    assert_eq!(files as u64, GENERATIONS, "nothing temporary is left");
}

#[test]
fn a_claim_lives_and_ends() {
    let (_folder, claims) = claims();
    assert_eq!(claims.latest().unwrap(), None);
    let holder = Holder::here(3);
    assert!(claims.take(1, &holder).unwrap());
    assert_eq!(claims.beats(1), 0);
    claims.beat(1).unwrap();
    claims.beat(1).unwrap();
    assert_eq!(claims.beats(1), 2);
    let held = Latest { generation: 1, holder: Some(holder.clone()), end: None };
    assert_eq!(claims.latest().unwrap(), Some(held.clone()));

    let end = End { how: How::Rung, epochs: 4 };
    claims.end(1, &end).unwrap();
    assert_eq!(claims.latest().unwrap(), Some(Latest { end: Some(end.clone()), ..held }));
    assert!(!claims.is_superseded(1));
    assert!(claims.take(2, &holder).unwrap());
    assert!(claims.is_superseded(1));
    assert_eq!(claims.ends().unwrap(), [end]);
    assert_eq!(claims.latest().unwrap().map(|latest| latest.generation), Some(2));
}

#[test]
fn what_a_power_cut_left_empty_does_not_block_a_trial() {
    let (_folder, claims) = claims();
    fs_err::create_dir_all(&claims.folder).unwrap();
    for name in ["10.json", "10.end", "9.json", ".tmp-x", "x.json"] {
        fs_err::write(claims.folder.join(name), "").unwrap();
    }
    let latest = claims.latest().unwrap().unwrap();
    assert_eq!((latest.generation, latest.holder), (10, None));
    assert_eq!(latest.end, Some(End { how: How::Released, epochs: 0 }));
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("claims"), "").unwrap();
    let claims = Claims::new(folder.path().join("claims/id"));
    let message = claims.take(1, &Holder::here(0)).unwrap_err().to_string();
    assert!(message.contains("claims/id"), "{message}");
}

#[test]
fn a_link_that_was_made_wins_whatever_was_answered() {
    let answer = |kind: io::ErrorKind, links| won(Err(kind.into()), || links);
    assert!(won(Ok(()), || None).unwrap());
    for kind in [io::ErrorKind::AlreadyExists, io::ErrorKind::TimedOut] {
        assert!(answer(kind, Some(2)).unwrap());
    }
    for links in [Some(1), Some(3), None] {
        assert!(!answer(io::ErrorKind::AlreadyExists, links).unwrap());
        let error = answer(io::ErrorKind::PermissionDenied, links).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    }
}

#[cfg(unix)]
#[test]
fn links_are_names_of_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = ["one", "two"].map(|name| folder.path().join(name));
    fs_err::write(&one, "").unwrap();
    assert_eq!(links(&one), Some(1));
    fs_err::hard_link(&one, &two).unwrap();
    assert_eq!((links(&one), links(&two)), (Some(2), Some(2)));
    assert_eq!(links(&folder.path().join("none")), None);
}
