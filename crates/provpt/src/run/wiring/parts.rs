//! Every number of every epoch against the calls by hand.

use provpt_runs::{EpochRecord, Seconds, StepRecord};

use super::by_hand::ByHand;
use super::{EPOCHS, config, setup, trained};
use crate::allocators::AllocatorKind;
use crate::config::{
    ClassWeights, Config, Fidelity, Fit, Idleness, OptimizerKind, Rebirth, Scoring as When,
};
use crate::learn::evaluate::evaluate;
use crate::learn::parameters::PROMPTS;
use crate::learn::source::Source;

/// A record without the numbers that by hand come out of other sums.
fn exact(record: &EpochRecord) -> EpochRecord {
    let mut record = record.clone();
    (record.seconds, record.reward) = (Seconds::default(), None);
    (record.lr, record.grad_norm) = (0.0, 0.0);
    if let Some(moved) = &mut record.relocation {
        moved.verified = None;
    }
    record
}

fn near(what: &str, got: Option<f64>, expected: Option<f64>, bound: f64) {
    assert_eq!(got.is_some(), expected.is_some(), "{what}");
    let apart = got.unwrap_or(0.0) - expected.unwrap_or(0.0);
    assert!(apart.abs() <= bound, "{what}: {apart:e} apart of {expected:?}");
}

fn same_norms(step: &StepRecord, (head, blocks, all): &(f64, Vec<f64>, f64)) {
    let what = format!("epoch {} step {}", step.epoch, step.step);
    near(&format!("{what} head"), Some(step.head_grad_norm), Some(*head), 1e-9 * head);
    near(&format!("{what} all"), Some(step.grad_norm), Some(*all), 1e-9 * all);
    assert_eq!(step.block_grad_norm.len(), blocks.len());
    for (&got, &block) in step.block_grad_norm.iter().zip(blocks) {
        near(&format!("{what} block"), Some(got), Some(block), 1e-9 * block);
    }
}

/// Compares a run with the calls of its parts; the run's records.
fn compare(change: impl FnOnce(&mut Config)) -> Vec<EpochRecord> {
    let setup = setup(&config(change));
    let (memory, _) = trained(&setup);
    let mut by_hand = ByHand::new(&setup);
    for (epoch, got) in memory.records.iter().enumerate() {
        let (expected, gather) = by_hand.epoch(epoch);
        let what = |name: &str| format!("epoch {epoch} {name}");
        assert_eq!(exact(got), exact(&expected), "epoch {epoch}");
        near(&what("rate"), Some(got.lr), Some(expected.lr), 1e-15);
        near(&what("norm"), Some(got.grad_norm), Some(expected.grad_norm), 1e-9);
        let verified = |record: &EpochRecord| record.relocation.as_ref().and_then(|m| m.verified);
        near(&what("verified"), verified(got), verified(&expected), 1e-5);
        near(&what("reward"), got.reward, expected.reward, 1e-5);
        let steps: Vec<_> = memory.steps.iter().filter(|step| step.epoch == epoch).collect();
        assert_eq!(steps.len(), gather.norms.len());
        for (number, (step, norms)) in steps.iter().zip(&gather.norms).enumerate() {
            assert_eq!((step.step, step.lr), (number, got.lr));
            same_norms(step, norms);
        }
        assert_eq!(memory.parameters[epoch], by_hand.learner.parameters, "epoch {epoch}");
    }
    assert_eq!(memory.records.len(), EPOCHS);
    memory.records
}

fn moves(records: &[EpochRecord]) -> usize {
    records.iter().filter(|record| record.relocation.is_some()).count()
}

/// The loss that is tuned is the one that scores and verifies.
#[test]
fn runs_with_weighted_classes_and_smoothed_labels_are_their_parts() {
    let records = compare(|config| {
        config.data.class_weights = ClassWeights::Inverse;
        config.solver.label_smoothing = 0.1;
        config.solver.optimizer = OptimizerKind::Adam;
    });
    assert!(moves(&records) > 0, "nothing moved");
}

#[test]
fn exact_runs_are_their_parts() {
    let records = compare(|config| config.model.prompt.verify_samples = Some(5));
    assert!(moves(&records) > 0, "nothing moved");
    let verified = records.iter().filter_map(|record| record.relocation.as_ref()?.verified);
    assert!(verified.fold(0.0, f64::max) > 1e-3, "too little to tell a sign by");
    assert!(moves(&compare(|config| config.solver.optimizer = OptimizerKind::Adamw)) > 0);
}

#[test]
fn reference_runs_are_their_parts() {
    assert!(moves(&compare(|config| config.model.prompt.fidelity = Fidelity::Reference)) > 0);
}

#[test]
fn runs_that_score_while_tuning_are_their_parts() {
    assert!(moves(&compare(|config| config.model.prompt.scoring = When::Running)) > 0);
}

#[test]
fn runs_that_score_some_images_are_their_parts() {
    let records = compare(|config| {
        config.model.prompt.scoring = When::Subset;
        config.model.prompt.scoring_samples = 7;
    });
    assert!(moves(&records) > 0);
}

#[test]
fn runs_that_go_by_norms_are_their_parts() {
    assert!(moves(&compare(|config| config.model.prompt.idleness = Some(Idleness::Norm))) > 0);
}

#[test]
fn runs_with_an_allocator_that_learns_are_their_parts() {
    let records = compare(|config| {
        config.model.prompt.allocator = Some(AllocatorKind::Ppo);
        config.model.prompt.ppo_update_every = 1;
        config.model.prompt.ppo_k_epoch = 3;
        config.model.prompt.ppo_discount_factor = 0.5;
        config.model.prompt.rebirth = Rebirth::Resample;
    });
    assert!(moves(&records) > 2, "the last of them after an update");
}

#[test]
fn runs_on_random_crops_are_their_parts() {
    compare(|config| config.data.fit = Some(Fit::Short));
}

#[test]
fn epochs_go_through_the_images_in_different_orders() {
    let setup = setup(&config(|config| config.solver.base_lr = 0.0));
    let (memory, _) = trained(&setup);
    let losses = |epoch: usize| -> Vec<f64> {
        memory.steps.iter().filter(|s| s.epoch == epoch).map(|s| s.loss).collect()
    };
    assert_eq!(losses(0).len(), 3);
    assert_ne!(losses(0), losses(1));
}

#[test]
fn steps_know_what_their_images_lost_an_epoch_before() {
    let (memory, _) = trained(&setup(&config(|_| {})));
    let sum = |epoch: usize, of: fn(&StepRecord) -> Option<f64>| {
        let steps = memory.steps.iter().filter(|step| step.epoch == epoch);
        steps.map(|step| of(step).map(|loss| loss * step.images as f64)).sum::<Option<f64>>()
    };
    assert_eq!(sum(0, |step| step.loss_before), None);
    for epoch in 1..EPOCHS {
        let (lost, known) =
            (sum(epoch - 1, |step| Some(step.loss)), sum(epoch, |step| step.loss_before));
        near(&format!("epoch {epoch}"), known, lost, 1e-5);
        assert_ne!(known, sum(epoch, |step| Some(step.loss)));
    }
}

#[test]
fn what_is_told_of_tuning_is_true_of_the_images() {
    let setup = setup(&config(|config| {
        config.solver.base_lr = 0.0;
        config.model.prompt.dropout = 0.0;
    }));
    let (memory, _) = trained(&setup);
    let source = Source::new(&setup.task.train, setup.preprocess).unwrap();
    let learner = setup.learner();
    let evaluation = evaluate(&learner.model(&setup.engine), &source, |_, _| {}).unwrap();
    let first = &memory.records[0];
    assert_eq!(first.train_top1, evaluation.top1);
    near("loss", Some(first.train_loss), Some(evaluation.loss), 1e-6);
    let values = learner.parameters.set.values(PROMPTS);
    let row = values.len() / learner.parameters.prompt_count();
    let blocks: Vec<f64> = values
        .chunks(2 * row)
        .map(|block| block.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt())
        .collect();
    assert_eq!(memory.steps[0].prompt_norm.len(), blocks.len());
    for (&got, &block) in memory.steps[0].prompt_norm.iter().zip(&blocks) {
        near("prompts", Some(got), Some(block), 1e-9);
    }
}
