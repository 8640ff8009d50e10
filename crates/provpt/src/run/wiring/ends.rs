//! When a run is at its end, and its final numbers.

use provpt_data::Split;
use provpt_runs::Score;

use super::{EPOCHS, config, setup, trained};
use crate::config::Config;
use crate::learn::evaluate::{Evaluation, evaluate};
use crate::learn::model::Model;
use crate::learn::parameters::Parameters;
use crate::learn::source::Source;
use crate::observer::Silent;
use crate::run::recorder::NoRecorder;
use crate::run::trainer::Trainer;
use crate::sample;
use crate::setup::Setup;

/// Nothing is learned: every epoch is as good as the first.
fn still(config: &mut Config) {
    config.solver.base_lr = 0.0;
    config.model.prompt.adaptive = false;
}

fn evaluated(setup: &Setup, parameters: &Parameters, split: &Split) -> Evaluation {
    let source = Source::new(split, setup.preprocess).unwrap();
    let objective = &setup.learner().objective;
    evaluate(&Model { engine: &setup.engine, parameters, objective }, &source, |_, _| {}).unwrap()
}

#[test]
fn validation_says_which_epoch_is_best_and_when_to_stop() {
    let setup_of = |patience| {
        setup(&config(|config| {
            still(config);
            config.solver.patience = patience;
        }))
    };
    let (memory, result) = trained(&setup_of(0));
    assert_eq!((memory.records.len(), result.epochs), (EPOCHS, EPOCHS));
    assert_eq!(result.best_val.as_ref().map(|best| best.epoch), Some(0), "the first of equals");
    let (memory, result) = trained(&setup_of(2));
    assert_eq!((memory.records.len(), result.epochs), (3, 3), "two epochs after the best");
    let setup = setup_of(2);
    let val = setup.task.val.as_ref().unwrap();
    let evaluation = evaluated(&setup, &setup.learner().parameters, val);
    assert_eq!(result.best_val.unwrap().top1, evaluation.top1);
}

#[test]
fn patience_counts_from_the_best_epoch() {
    let setup = setup(&config(|config| {
        still(config);
        config.solver.patience = 2;
    }));
    // From the third epoch on, after an epoch of this accuracy.
    let from = |epoch, top1| {
        let (mut none, mut silent) = (NoRecorder, Silent);
        let mut trainer = Trainer::new(&setup, None, &mut none, &mut silent).unwrap();
        trainer.progress.epoch = 2;
        trainer.progress.best = Some((epoch, top1));
        let result = trainer.run(usize::MAX).unwrap().unwrap();
        (result.epochs, result.best_val.unwrap().epoch)
    };
    assert_eq!(from(0, 2.0), (3, 0));
    assert_eq!(from(1, 2.0), (4, 1));
    assert_eq!(
        from(0, -1.0),
        (5, 2),
        "the third epoch is better, the others are no better than it"
    );
}

#[test]
fn without_validation_there_is_no_patience() {
    let config = config(|config| {
        still(config);
        config.solver.patience = 1;
    });
    let (memory, result) = trained(&sample::setup(&config, sample::task([0.0, 0.0])));
    assert_eq!((memory.records.len(), result.epochs), (EPOCHS, EPOCHS));
    assert_eq!((result.val, result.best_val, result.test), (None, None, None));
    assert_eq!((result.per_class, result.confusion), (vec![], Vec::<Vec<u64>>::new()));
}

#[test]
fn the_final_numbers_are_those_of_what_was_learned() {
    let setup = sample::setup(&config(|_| {}), sample::task([0.2, 0.4]));
    let (memory, result) = trained(&setup);
    let parameters = memory.parameters.last().unwrap();
    let (val, test) = (setup.task.val.as_ref().unwrap(), setup.task.test.as_ref().unwrap());
    assert_eq!((val.len(), test.len()), (4, 8));
    let [val, test] = [val, test].map(|split| evaluated(&setup, parameters, split));
    let score = |of: &Evaluation| Some(Score { loss: of.loss, top1: of.top1 });
    assert_eq!((result.val, result.test), (score(&val), score(&test)));
    assert_eq!(result.confusion, test.confusion, "of the test images");
    let classes: Vec<_> =
        result.per_class.iter().map(|class| (&*class.name, class.total)).collect();
    assert_eq!(classes, [("across", 4), ("down", 4)]);
    let last = memory.records.last().unwrap();
    assert_eq!((result.train_top1, &result.distribution), (last.train_top1, &last.distribution));
    let moves = memory.records.iter().filter(|record| record.relocation.is_some()).count();
    assert_eq!((result.relocations, result.epochs, result.seed), (moves, EPOCHS, 3));
    let a = setup.engine.architecture();
    assert_eq!(result.prompts, 2 * a.depth);
    assert_eq!(result.parameters, 2 * a.depth * a.width + 2 * a.width + 2);
    assert_eq!((&*result.method, &*result.task), ("pro-vpt-random", "stripes"));
    assert_eq!(result.backbone, setup.backbone.name);
    let seconds: f64 = memory.records.iter().map(|record| record.seconds.total()).sum();
    assert!((result.seconds - seconds).abs() < 1e-9);
}

#[test]
fn without_test_images_classes_are_told_of_validation() {
    let setup = setup(&config(|_| {}));
    let (memory, result) = trained(&setup);
    let val = setup.task.val.as_ref().unwrap();
    let val = evaluated(&setup, memory.parameters.last().unwrap(), val);
    assert_eq!((result.confusion, result.test), (val.confusion, None));
}
