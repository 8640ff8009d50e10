//! A run that is stopped and goes on is one that was left alone.

use provpt_runs::{EpochRecord, Metrics};

use super::{EPOCHS, Memory, config, setup, timeless, trained};
use crate::allocators::AllocatorKind;
use crate::config::{Config, OptimizerKind, Scoring as When};
use crate::observer::Silent;
use crate::run::recorder::{NoRecorder, Saved};
use crate::run::trainer::Trainer;
use crate::setup::Setup;

/// What is left of a run with so many checkpoints whose metrics are ahead of the last one.
fn killed(whole: &Memory, checkpoints: usize, metrics: usize) -> Saved {
    let metrics = Metrics::from(whole.records[..metrics].to_vec());
    let checkpoint = whole.checkpoints[checkpoints - 1].clone();
    Saved { metrics, checkpoint, path: "checkpoint".into(), adapter: None, data: None }
}

fn went_on(setup: &Setup, saved: Saved, until: usize) -> (Memory, bool) {
    let mut rest = Memory::default();
    let mut silent = Silent;
    let mut trainer = Trainer::new(setup, Some(saved), &mut rest, &mut silent).unwrap();
    let finished = trainer.run(until).unwrap().is_some();
    (rest, finished)
}

fn never_stopped(change: impl FnOnce(&mut Config)) {
    stopped_after(1..EPOCHS, change);
}

fn stopped_after(epochs: std::ops::Range<usize>, change: impl FnOnce(&mut Config)) {
    let setup = setup(&config(change));
    let (whole, _) = trained(&setup);
    for done in epochs {
        // A kill between the metrics of the next epoch and its checkpoint.
        let (rest, finished) = went_on(&setup, killed(&whole, done, done + 1), usize::MAX);
        assert!(finished);
        assert_eq!(timeless(&rest.records), timeless(&whole.records), "after {done}");
        assert_eq!(rest.parameters, whole.parameters[done..], "after {done}");
        let steps = whole.steps.iter().filter(|step| step.epoch >= done);
        assert_eq!(rest.steps, steps.cloned().collect::<Vec<_>>(), "after {done}");
    }
}

#[test]
fn a_run_that_goes_on_forgets_epochs_that_its_checkpoint_does_not_know() {
    never_stopped(|_| {});
}

#[test]
fn all_that_a_run_remembers_is_in_its_checkpoint() {
    never_stopped(|config| {
        config.model.prompt.scoring = When::Running;
        config.model.prompt.allocator = Some(AllocatorKind::Ppo);
        config.model.prompt.ppo_update_every = 1;
        config.solver.optimizer = OptimizerKind::Adamw;
        config.solver.base_lr = 2.0;
    });
}

fn exchanges_go_on(kind: AllocatorKind) {
    stopped_after(EPOCHS - 2..EPOCHS - 1, |config| {
        config.model.prompt.allocator = Some(kind);
        config.model.prompt.moves = 0.2;
        config.solver.optimizer = OptimizerKind::Adamw;
        config.solver.base_lr = 2.0;
    });
}

#[test]
fn exchanges_for_ghosts_go_on() {
    exchanges_go_on(AllocatorKind::Ghost);
}

#[test]
fn exchanges_by_demand_go_on() {
    exchanges_go_on(AllocatorKind::Demand);
}

#[test]
fn a_nursery_goes_on_as_it_was() {
    exchanges_go_on(AllocatorKind::Nursery);
}

#[test]
fn pruning_goes_on_with_as_many_prompts_as_were_left() {
    let prunes = |config: &mut Config| {
        config.model.prompt.allocator = Some(AllocatorKind::Prune);
        config.solver.optimizer = OptimizerKind::Adamw;
        config.solver.base_lr = 2.0;
    };
    stopped_after(1..EPOCHS, prunes);
    let (whole, result) = trained(&setup(&config(prunes)));
    let pruned = |record: &EpochRecord| record.pruned;
    assert_eq!(whole.records.iter().map(pruned).collect::<Vec<_>>(), [0, 17, 6, 1, 0]);
    assert_eq!((result.pruned, result.prompts), (24, 24));
    assert_eq!(whole.records[4].distribution.iter().sum::<usize>(), 24);
}

#[test]
fn a_checkpoint_with_more_prompts_than_there_were_is_refused() {
    let prunes = |prompts| {
        setup(&config(|config| {
            config.model.prompt.allocator = Some(AllocatorKind::Prune);
            config.model.prompt.num_tokens = prompts;
        }))
    };
    let (whole, _) = trained(&prunes(3));
    let (mut rest, mut silent, few) = (Memory::default(), Silent, prunes(2));
    let trainer = Trainer::new(&few, Some(killed(&whole, 1, 1)), &mut rest, &mut silent);
    let message = trainer.err().unwrap().to_string();
    assert!(message.contains("block_of: expected 48 values, got 72"), "{message}");
}

#[test]
fn a_run_stops_after_as_many_epochs_as_it_is_told() {
    let setup = setup(&config(|_| {}));
    let (whole, _) = trained(&setup);
    let mut half = Memory::default();
    let mut silent = Silent;
    let mut trainer = Trainer::new(&setup, None, &mut half, &mut silent).unwrap();
    assert!(trainer.run(2).unwrap().is_none());
    assert_eq!(trainer.progress.epoch, 2);
    assert_eq!(timeless(&half.records), timeless(&whole.records[..2]));
    // Asked for no more than there is, it touches nothing.
    let (untouched, finished) = went_on(&setup, killed(&whole, 2, 2), 2);
    assert_eq!((untouched.records, finished), (Vec::<EpochRecord>::new(), false));
    let (further, finished) = went_on(&setup, killed(&whole, 2, 2), 3);
    assert_eq!((timeless(&further.records), finished), (timeless(&whole.records[..3]), false));
}

#[test]
fn a_run_killed_before_its_result_has_only_that_to_do() {
    let setup = setup(&config(|_| {}));
    let (whole, expected) = trained(&setup);
    for until in [EPOCHS, usize::MAX] {
        let (mut none, mut silent) = (NoRecorder, Silent);
        let saved = killed(&whole, EPOCHS, EPOCHS);
        let mut trainer = Trainer::new(&setup, Some(saved), &mut none, &mut silent).unwrap();
        let result = trainer.run(until).unwrap().unwrap();
        assert_eq!((result.epochs, result.seconds), (EPOCHS, expected.seconds));
        assert_eq!((result.val, result.best_val), (expected.val, expected.best_val));
    }
}

#[test]
fn without_a_recorder_a_run_is_the_same() {
    let setup = setup(&config(|_| {}));
    let (_, kept) = trained(&setup);
    let (mut none, mut silent) = (NoRecorder, Silent);
    let mut trainer = Trainer::new(&setup, None, &mut none, &mut silent).unwrap();
    let result = trainer.run(usize::MAX).unwrap().unwrap();
    assert_eq!((result.train_top1, result.val), (kept.train_top1, kept.val));
}
