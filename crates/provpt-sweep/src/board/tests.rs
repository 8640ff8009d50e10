mod claims;

use std::path::Path;

use provpt_runs::sweep::{
    Choice, Course, Epochs, Halving, Rung, Stage, Trial, TrialFailure, simulate,
};
use provpt_runs::{EpochRecord, Metrics, RunResult, Score, atomic};
use serde_json::json;

use super::*;
use crate::claim::{End, How};
use crate::sample;

const PATIENCE: Duration = Duration::from_secs(60);

/// A sweep of one group: a grid of learning rates, and two final runs.
fn sweep(folder: &Path, lrs: &[f64], epochs: usize, halving: Option<Halving>) -> Sweep {
    let config = json!({ "solver.total_epoch": epochs, "seed": 1 });
    let trial = |stage, number: usize| {
        sample::trial(stage, format!("{stage:?}{number}").to_lowercase(), &config)
    };
    let grid = lrs.iter().enumerate().map(|(number, &lr)| {
        let mut trial = trial(Stage::Grid, number);
        trial.values.insert("solver.base_lr".to_owned(), lr.into());
        trial
    });
    let finals = (0..2).map(|number| Trial {
        picks: vec!["solver.base_lr".to_owned()],
        ..trial(Stage::Final, number)
    });
    sample::sweep(folder, "s", grid.chain(finals).collect(), halving)
}

fn board(sweep: &Sweep) -> Board<'_> {
    Board::new(sweep, sweep.stage(None), PATIENCE)
}

fn work(board: &mut Board<'_>) -> Work {
    match board.next(&Holder::here(0), Duration::ZERO).unwrap() {
        Next::Work(work) => *work,
        other => panic!("expected work, got {other:?}"),
    }
}

fn end(sweep: &Sweep, work: &Work, how: How, epochs: usize) {
    sweep.claims(work.trial).end(work.generation, &End { how, epochs }).unwrap();
}

/// What a trial leaves after so many epochs of a course; a result at the course's end.
fn trained(sweep: &Sweep, work: &Work, course: &[f64]) {
    let until = work.until.unwrap_or(course.len());
    let run = sweep.folder.run(&sweep.trials[work.trial]);
    let val = |top1| Some(Score { loss: 1.0, top1 });
    let records: Vec<_> = course[..until]
        .iter()
        .enumerate()
        .map(|(epoch, &top1)| EpochRecord { epoch, val: val(top1), ..EpochRecord::default() })
        .collect();
    atomic::create_parent(&run.metrics()).unwrap();
    Metrics::from(records).store(&run.metrics()).unwrap();
    if until < course.len() {
        return end(sweep, work, How::Rung, until);
    }
    let val = course.last().copied().and_then(val);
    let result = RunResult { val, epochs: until, ..RunResult::default() };
    result.store(&run.result()).unwrap();
    end(sweep, work, How::Done, 0);
}

fn fail(sweep: &Sweep, work: &Work) {
    let id = sweep.trials[work.trial].id.clone();
    let reason = "loss: expected a finite number, got NaN".to_owned();
    let path = sweep.folder.failure(&id);
    TrialFailure { id, exit_code: Some(1), reason, attempts: 1 }.store(&path).unwrap();
    end(sweep, work, How::Failed, 0);
}

#[test]
fn final_runs_wait_for_the_grid_and_train_with_its_best() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = sweep(folder.path(), &[5.0, 1.0, 2.0], 1, None);
    let mut board = board(&sweep);
    let works: Vec<Work> = (0..3).map(|_| work(&mut board)).collect();
    assert_eq!(works.iter().map(|w| w.trial).collect::<Vec<_>>(), [0, 1, 2]);
    trained(&sweep, &works[0], &[0.5]);
    trained(&sweep, &works[1], &[0.5]);
    let next = board.next(&Holder::here(0), Duration::ZERO).unwrap();
    assert!(matches!(next, Next::Wait(Waiting::Held(2, _))), "{next:?}");
    fail(&sweep, &works[2]);

    let last = work(&mut board);
    assert_eq!((last.trial, &last.config["solver.base_lr"]), (3, &json!(1.0)));
    let choice = Choice::load(&sweep.folder.choice("t", "m")).unwrap();
    assert_eq!((choice.trial.as_str(), choice.val_top1), ("grid1", 0.5), "the smaller rate");
    assert_eq!((choice.finished, choice.failed, choice.stopped), (2, 1, 0));
    assert_eq!(choice.epochs, Epochs { trained: 2, full: 2 }, "of those that came to their end");
    trained(&sweep, &last, &[0.4]);
    let other = work(&mut board);
    trained(&sweep, &other, &[0.4]);
    assert_eq!(board.next(&Holder::here(0), Duration::ZERO).unwrap(), Next::Nothing);
    assert_eq!(board.tally(), Tally { done: 4, failed: 1, stopped: 0, left: 0 });
}

#[test]
fn without_a_trial_to_choose_the_final_runs_fail_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = sweep(folder.path(), &[5.0, 1.0], 1, None);
    let mut board = board(&sweep);
    for _ in 0..2 {
        let work = work(&mut board);
        fail(&sweep, &work);
    }
    assert_eq!(board.next(&Holder::here(0), Duration::ZERO).unwrap(), Next::Nothing);
    let failure = TrialFailure::load(&sweep.folder.failure("final0")).unwrap();
    let reason = "no trial of the grid came to its end: loss: expected a finite number, got NaN";
    assert_eq!(failure.reason, reason);
    assert_eq!(board.tally(), Tally { failed: 4, ..Tally::default() });

    let retried = crate::retry_failed(&sweep).unwrap();
    assert_eq!((retried.again, retried.kept), (4, 0));
    assert_eq!(self::board(&sweep).tally().left, 4);
}

#[test]
fn a_grid_without_a_validation_accuracy_cannot_be_chosen_from() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = sweep(folder.path(), &[5.0, 1.0], 1, None);
    let mut board = board(&sweep);
    for val in [None, Some(Score { loss: f64::NAN, top1: 0.5 })] {
        let work = work(&mut board);
        let result = RunResult { val, epochs: 1, ..RunResult::default() };
        let run = sweep.folder.run(&sweep.trials[work.trial]);
        atomic::create_parent(&run.result()).unwrap();
        result.store(&run.result()).unwrap();
        end(&sweep, &work, How::Done, 0);
    }
    assert_eq!(board.next(&Holder::here(0), Duration::ZERO).unwrap(), Next::Nothing);
    let failure = TrialFailure::load(&sweep.folder.failure("final0")).unwrap();
    assert_eq!(failure.reason, "no trial of the grid has a validation accuracy");
    assert_eq!((failure.attempts, failure.exit_code), (0, None));
    assert_eq!(board.tally(), Tally { done: 2, failed: 2, ..Tally::default() });
    assert!(!sweep.folder.choice("t", "m").exists());
}

#[test]
fn final_runs_with_nothing_to_pick_wait_for_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let config = json!({ "solver.total_epoch": 3, "seed": 1 });
    let trial = |number: usize| sample::trial(Stage::Final, format!("final{number}"), &config);
    let sweep = sample::sweep(folder.path(), "s", (0..2).map(trial).collect(), None);
    let mut board = board(&sweep);
    let works = [work(&mut board), work(&mut board)];
    for (number, work) in works.iter().enumerate() {
        assert_eq!((work.trial, work.generation, work.until), (number, 1, None));
        assert_eq!(work.config, sweep.trials[number].config);
        trained(&sweep, work, &[0.5; 3]);
    }
    assert_eq!(board.next(&Holder::here(0), Duration::ZERO).unwrap(), Next::Nothing);
    assert!(!sweep.folder.choice("t", "m").exists());
}

#[test]
fn a_grid_that_final_runs_go_by_keeps_its_failures() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = sweep(folder.path(), &[5.0, 1.0], 1, None);
    let mut board = board(&sweep);
    let works = [work(&mut board), work(&mut board)];
    fail(&sweep, &works[0]);
    trained(&sweep, &works[1], &[0.5]);
    let last = work(&mut board);
    assert_eq!(crate::retry_failed(&sweep).unwrap().again, 1, "no final run has begun");
    assert!(!sweep.folder.choice("t", "m").exists());
    fail(&sweep, &works[0]);
    let run = sweep.folder.run(&sweep.trials[last.trial]);
    atomic::create_parent(&run.config()).unwrap();
    atomic::write(&run.config(), b"").unwrap();
    let retried = crate::retry_failed(&sweep).unwrap();
    assert_eq!((retried.again, retried.kept), (0, 1));
}

/// Val top-1 by learning rate and epoch.
fn courses() -> Vec<Vec<f64>> {
    let course = |peak: f64, speed: f64| {
        (1..=9).map(|epoch| peak * (1.0 - (-speed * f64::from(epoch)).exp())).collect()
    };
    [(0.9, 0.05), (0.8, 0.9), (0.7, 0.5), (0.75, 0.3), (0.2, 0.5), (0.85, 0.4), (0.1, 0.1)]
        .map(|(peak, speed)| course(peak, speed))
        .to_vec()
}

#[test]
fn halving_stops_all_but_the_best_and_chooses_as_its_rule_says() {
    let folder = tempfile::tempdir().unwrap();
    let halving = Halving { eta: 3, first: 1 };
    let lrs = [7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0];
    let sweep = sweep(folder.path(), &lrs, 9, Some(halving));
    let courses = courses();
    let mut trained_epochs = 0;
    let mut rungs = Vec::new();
    // Another process each time: nothing but the files is known.
    let choice = loop {
        let work = work(&mut board(&sweep));
        if sweep.trials[work.trial].stage == Stage::Final {
            break Choice::load(&sweep.folder.choice("t", "m")).unwrap();
        }
        rungs.push(work.until);
        trained(&sweep, &work, &courses[work.trial]);
    };
    assert_eq!(rungs, [[Some(1); 7].as_slice(), &[Some(3); 3], &[None]].concat());
    trained_epochs += 7 + 3 * 2 + 6;
    let course = |(&lr, val_top1): (&f64, &Vec<f64>)| Course {
        values: [("solver.base_lr".to_owned(), lr.into())].into(),
        val_top1: val_top1.clone(),
    };
    let all: Vec<Course> = lrs.iter().zip(&courses).map(course).collect();
    let simulated = simulate(halving, 9, &all);
    assert_eq!(choice.trial, format!("grid{}", simulated.chosen.unwrap()));
    assert_eq!(simulated.epochs.trained, trained_epochs);
    assert_eq!(choice.epochs, Epochs { trained: trained_epochs, full: 63 });
    assert_eq!((choice.finished, choice.stopped), (1, 6));
    let rungs = Rung::load_all(&sweep.folder.rungs("t", "m")).unwrap();
    assert_eq!(rungs.iter().map(|rung| rung.epochs).collect::<Vec<_>>(), [1, 3], "not of the last");
    // Whoever works on final runs alone comes to the same.
    fs_err::remove_file(sweep.folder.choice("t", "m")).unwrap();
    let mut finals = Board::new(&sweep, sweep.stage(Some(Stage::Final)), PATIENCE);
    assert_eq!(work(&mut finals).trial, 8);
    assert_eq!(Choice::load(&sweep.folder.choice("t", "m")).unwrap().trial, choice.trial);
    let mut all = board(&sweep);
    let next = all.next(&Holder::here(0), Duration::ZERO).unwrap();
    assert!(matches!(next, Next::Wait(Waiting::Held(7, _))), "{next:?}");
    assert_eq!(all.tally(), Tally { done: 1, stopped: 6, left: 2, failed: 0 });
    let status = crate::status(&sweep).unwrap();
    assert_eq!((status.trials.done, status.trials.stopped), (1, 6));
}

#[test]
fn a_rung_is_settled_only_when_all_that_entered_it_have_ended_it() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = sweep(folder.path(), &[1.0, 2.0], 2, Some(Halving { eta: 2, first: 1 }));
    let mut board = board(&sweep);
    let works = [work(&mut board), work(&mut board)];
    trained(&sweep, &works[0], &[0.9, 0.9]);
    let next = board.next(&Holder::here(0), Duration::ZERO).unwrap();
    assert!(matches!(next, Next::Wait(_)), "however good the first is: {next:?}");
    fail(&sweep, &works[1]);
    let last = work(&mut board);
    assert_eq!((last.trial, last.until, last.generation), (0, None, 2));
    assert_eq!(board.tally(), Tally { failed: 1, left: 3, ..Tally::default() });
    let retried = crate::retry_failed(&sweep).unwrap();
    assert_eq!((retried.again, retried.kept), (0, 1), "the rung is settled without it");
}

#[test]
fn what_is_settled_stands_whatever_the_files_say_later() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = sweep(folder.path(), &[1.0, 2.0], 4, Some(Halving { eta: 2, first: 1 }));
    let mut first = board(&sweep);
    for work in [work(&mut first), work(&mut first)] {
        trained(&sweep, &work, if work.trial == 0 { &[0.1; 4] } else { &[0.9; 4] });
    }
    let path = sweep.folder.rungs("t", "m");
    atomic::create_parent(&path).unwrap();
    let rung = Rung { epochs: 1, entered: 2, promoted: vec!["grid0".to_owned()] };
    atomic::write_json(&path, &vec![rung]).unwrap();
    let mut board = board(&sweep);
    let further = work(&mut board);
    assert_eq!((further.trial, further.until), (0, Some(2)));

    let folder = tempfile::tempdir().unwrap();
    let sweep = self::sweep(folder.path(), &[1.0, 2.0], 1, None);
    let mut board = self::board(&sweep);
    for work in [work(&mut board), work(&mut board)] {
        trained(&sweep, &work, if work.trial == 0 { &[0.1] } else { &[0.9] });
    }
    let values = sweep.trials[0].values.clone();
    let (task, method) = ("t".to_owned(), "m".to_owned());
    let choice = Choice { task, method, trial: "grid0".to_owned(), values, ..Choice::default() };
    choice.store(&sweep.folder.choice("t", "m")).unwrap();
    assert_eq!(work(&mut board).config["solver.base_lr"], json!(1.0));
}

#[test]
fn a_rung_is_judged_by_its_last_epoch_and_not_by_metrics_beyond_it() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = sweep(folder.path(), &[1.0, 2.0], 4, Some(Halving { eta: 2, first: 2 }));
    let mut board = board(&sweep);
    let works = [work(&mut board), work(&mut board)];
    let ahead = Work { until: Some(3), ..works[0].clone() };
    trained(&sweep, &ahead, &[0.9, 0.1, 0.99, 0.99]);
    trained(&sweep, &works[1], &[0.1, 0.5, 0.5, 0.5]);
    assert_eq!(work(&mut board).trial, 1);
}

#[test]
fn a_trial_that_another_process_brought_to_its_rung_is_not_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = sweep(folder.path(), &[1.0, 2.0], 4, Some(Halving { eta: 2, first: 1 }));
    let mut board = board(&sweep);
    let works = [work(&mut board), work(&mut board)];
    trained(&sweep, &works[1], &[0.4; 4]);
    let next = board.next(&Holder::here(0), Duration::ZERO).unwrap();
    assert!(matches!(next, Next::Wait(Waiting::Held(0, Some(_)))), "{next:?}");
}

#[test]
fn a_grid_has_not_ended_while_its_first_trial_runs() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = sweep(folder.path(), &[1.0, 2.0, 3.0], 1, None);
    let mut board = board(&sweep);
    let works: Vec<Work> = (0..3).map(|_| work(&mut board)).collect();
    for work in &works[1..] {
        trained(&sweep, work, &[0.5]);
    }
    let next = board.next(&Holder::here(0), Duration::ZERO).unwrap();
    assert!(matches!(next, Next::Wait(Waiting::Held(0, Some(_)))), "{next:?}");
    trained(&sweep, &works[0], &[0.5]);
    let last = work(&mut board);
    assert_eq!(last.trial, 3);
    fail(&sweep, &last);
    let retried = crate::retry_failed(&sweep).unwrap();
    assert_eq!((retried.again, retried.kept), (1, 0));
    assert!(sweep.folder.choice("t", "m").exists(), "the grid has nothing to be chosen anew for");
}

#[test]
fn each_method_has_a_choice_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let config = json!({ "solver.total_epoch": 1, "seed": 1 });
    let trial = |stage, method: &str| {
        let trial = sample::trial(stage, format!("{stage:?}-{method}").to_lowercase(), &config);
        Trial { method: method.to_owned(), ..trial }
    };
    let grid = [("a", 1.0), ("b", 2.0)].map(|(method, lr)| {
        let mut trial = trial(Stage::Grid, method);
        trial.values.insert("solver.base_lr".to_owned(), lr.into());
        trial
    });
    let finals = ["a", "b"].map(|method| Trial {
        picks: vec!["solver.base_lr".to_owned()],
        ..trial(Stage::Final, method)
    });
    let sweep = sample::sweep(folder.path(), "s", grid.into_iter().chain(finals).collect(), None);
    let mut board = board(&sweep);
    for work in [work(&mut board), work(&mut board)] {
        trained(&sweep, &work, &[0.5]);
    }
    let lrs =
        [work(&mut board), work(&mut board)].map(|work| work.config["solver.base_lr"].clone());
    assert_eq!(lrs, [json!(1.0), json!(2.0)]);
}

#[test]
fn a_trial_goes_on_from_the_rung_that_it_has_reached() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = sweep(folder.path(), &[1.0, 2.0], 4, Some(Halving { eta: 2, first: 1 }));
    let mut board = board(&sweep);
    let works = [work(&mut board), work(&mut board)];
    assert_eq!(works.each_ref().map(|work| work.until), [Some(1); 2]);
    trained(&sweep, &works[0], &[0.2, 0.2, 0.2, 0.2]);
    // Its metrics are ahead of its checkpoint: that it ended the rung is what counts.
    let next = board.next(&Holder::here(0), Duration::ZERO).unwrap();
    assert_eq!(next, Next::Wait(Waiting::NotDue(0)));
    trained(&sweep, &works[1], &[0.4, 0.4, 0.4, 0.4]);
    let second = work(&mut board);
    assert_eq!((second.trial, second.until), (1, Some(2)));
    assert_eq!(board.tally(), Tally { stopped: 1, left: 3, ..Tally::default() });
    let mut other = self::board(&sweep);
    let next = other.next(&Holder::here(0), Duration::ZERO).unwrap();
    assert!(matches!(next, Next::Wait(Waiting::Held(1, Some(_)))), "{next:?}");
}

#[test]
fn all_failures_that_stay_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = sweep(folder.path(), &[5.0, 1.0, 2.0], 1, None);
    let mut board = board(&sweep);
    for failed in [true, true, false] {
        let work = work(&mut board);
        if failed { fail(&sweep, &work) } else { trained(&sweep, &work, &[0.5]) }
    }
    let last = work(&mut board);
    let config = sweep.folder.run(&sweep.trials[last.trial]).config();
    atomic::create_parent(&config).unwrap();
    fs_err::write(config, "").unwrap();
    let retried = crate::retry_failed(&sweep).unwrap();
    assert_eq!((retried.again, retried.kept), (0, 2), "a final run has begun");
}
