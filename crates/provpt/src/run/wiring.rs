//! The trainer does what its parts do when they are called by hand, epoch by epoch: the golden
//! numbers hold for the parts, and a run is more than these only in how it puts them together.

use provpt_data::{Augment, Image, Task};
use provpt_runs::{EpochRecord, Metrics, RunResult, StepRecord};
use provpt_vit::weights::LoadOptions;
use provpt_vit::{Backbone, Placement};
use rand::seq::SliceRandom;

use crate::allocators::{Allocator, AllocatorKind, PpoSettings};
use crate::config::{ClassWeights, Config, Fidelity, Idleness, OptimizerKind, Scoring as When};
use crate::error::Error;
use crate::learn::adapter::Adapter;
use crate::learn::bank::PromptBank;
use crate::learn::dropout::Dropout;
use crate::learn::evaluate::evaluate;
use crate::learn::head::HEAD;
use crate::learn::model::{BatchGradients, Model};
use crate::learn::parameters::{PROMPTS, Parameters};
use crate::learn::source::Source;
use crate::learn::tune::{Learner, Listener, Tuning};
use crate::observer::Silent;
use crate::relocate::idleness::{ScoreSum, Scores};
use crate::relocate::relocator::{Relocator, Rules};
use crate::relocate::score::{Scoring, score};
use crate::relocate::verify::subset;
use crate::run::recorder::{EpochEnd, NoRecorder, Recorder, Saved, Start};
use crate::run::splits::Splits;
use crate::run::trainer::Trainer;
use crate::setup::Setup;
use provpt_base::{Purpose, stream};

const EPOCHS: usize = 5;
/// Of the images, in pixels.
const SIDE: usize = 16;

/// Twenty images of noisy stripes, of two classes, four of which validate.
fn task() -> Task {
    let image = |i: usize| {
        let level = |x: usize, y: usize| {
            let across = i.is_multiple_of(2);
            let stripe = (if across { x } else { y }) / (2 + i % 3) % 2;
            (stripe * 90 + (x * 31 + y * 17 + i * 53) % 120) as u8
        };
        let pixels = (0..SIDE).flat_map(|y| (0..SIDE).flat_map(move |x| [level(x, y); 3]));
        Image::from_rgb(SIDE, SIDE, pixels.collect()).unwrap()
    };
    let images = (0..20).map(|i| (image(i), ["across", "down"][i % 2]));
    Task::of_images("stripes", images, [0.2, 0.0]).unwrap()
}

fn config(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config { threads: 1, seed: 3, ..Config::default() };
    config.data.batch_size = 6;
    config.solver.total_epoch = EPOCHS;
    config.solver.warmup_epoch = 1;
    config.solver.base_lr = 20.0;
    config.model.prompt.num_tokens = 2;
    config.model.prompt.dropout = 0.2;
    config.model.prompt.reward_warmup_epoch = 1;
    config.model.prompt.allocator = Some(AllocatorKind::Random);
    change(&mut config);
    config
}

fn setup(config: &Config) -> Setup {
    let backbone =
        Backbone::pico(&LoadOptions { image_size: Some(SIDE), ..LoadOptions::default() });
    let backbone = backbone.unwrap();
    Setup::new(config, task(), backbone, None).unwrap()
}

/// Keeps everything in memory; may begin with what an earlier part of the run left.
#[derive(Default)]
struct Memory {
    records: Vec<EpochRecord>,
    steps: Vec<StepRecord>,
    parameters: Vec<Parameters>,
    checkpoint: Vec<u8>,
}

impl Recorder for Memory {
    fn saved(&mut self) -> Result<Option<Saved>, Error> {
        Ok(None)
    }

    fn begin(&mut self, start: &Start<'_>) -> Result<(), Error> {
        self.records = start.metrics.to_vec();
        Ok(())
    }

    fn step(&mut self, record: &StepRecord) -> Result<(), Error> {
        self.steps.push(record.clone());
        Ok(())
    }

    fn epoch(&mut self, end: &EpochEnd<'_>) -> Result<(), Error> {
        self.records.push(end.record.clone());
        self.parameters.push(end.adapter.parameters.clone());
        self.checkpoint = end.checkpoint.to_vec();
        Ok(())
    }

    fn finish(&mut self, _: &RunResult, _: &Adapter) -> Result<(), Error> {
        Ok(())
    }
}

fn trained(setup: &Setup) -> (Memory, RunResult) {
    let mut memory = Memory::default();
    let mut silent = Silent;
    let mut trainer = Trainer::new(setup, None, &mut memory, &mut silent).unwrap();
    let result = trainer.run(usize::MAX).unwrap().unwrap();
    (memory, result)
}

/// Adds up the scores of the gradients that it hears of.
struct Gather(Option<ScoreSum>);

impl Listener for Gather {
    fn gradients(&mut self, gradients: &BatchGradients, images: usize) {
        if let Some(sum) = &mut self.0 {
            sum.add(gradients, images);
        }
    }

    fn step(&mut self, _: StepRecord) -> Result<(), Error> {
        Ok(())
    }
}

/// The same run, its parts called by hand.
struct ByHand<'a> {
    setup: &'a Setup,
    splits: Splits<'a>,
    learner: Learner,
    relocator: Relocator,
    running: Option<Scores>,
}

impl<'a> ByHand<'a> {
    fn new(setup: &'a Setup) -> Self {
        let mut rng = stream(setup.config.seed, Purpose::PolicyInit, [0, 0]);
        let blocks = setup.engine.architecture().depth;
        let settings = PpoSettings::default();
        let allocator = Allocator::new(AllocatorKind::Random, blocks, &settings, &mut rng);
        Self {
            setup,
            splits: Splits::prepare(setup, &mut Silent, true).unwrap(),
            learner: setup.learner(),
            relocator: Relocator::new(allocator),
            running: None,
        }
    }

    fn dropout(&self, purpose: Purpose, epoch: usize) -> Dropout {
        let (rate, seed) = (self.setup.config.model.prompt.dropout, self.setup.config.seed);
        let (images, prompts) = (self.splits.train.len(), self.learner.parameters.prompt_count());
        Dropout { rate, seed, purpose, epoch, images, prompts }
    }

    fn scores(&mut self, epoch: usize) -> Option<Scores> {
        let config = &self.setup.config;
        if config.model.prompt.scoring == When::Running {
            return self.running.take();
        }
        let all: Vec<usize> = (0..self.splits.train.len()).collect();
        let dropout = match config.model.prompt.fidelity {
            Fidelity::Exact => None,
            Fidelity::Reference => Some(self.dropout(Purpose::ScoringDropout, epoch)),
        };
        let scoring = Scoring::of(config);
        let model = self.learner.model(&self.setup.engine);
        score(&model, &self.splits.train, &all, &scoring, dropout.as_ref(), |_, _| {}).unwrap()
    }

    /// The move, where each candidate's removal is measured on a bank that truly lacks it.
    fn relocate(&mut self, epoch: usize, scores: &Scores, record: &mut EpochRecord) {
        let config = &self.setup.config;
        let prompt = &config.model.prompt;
        let exact = prompt.fidelity == Fidelity::Exact;
        let rules = Rules {
            seed: config.seed,
            epoch,
            warmup: 1,
            rebirth: prompt.rebirth,
            scale: prompt.relocation_scale as f32,
            verify: if exact { 4 } else { 0 },
            scores_are_losses: config.model.prompt.idleness != Some(Idleness::Norm),
        };
        let train = &self.splits.train;
        let looked_at = subset(config.seed, train.len(), 16);
        let loss = |parameters: &Parameters| mean_loss(self.setup, parameters, train, &looked_at);
        let verify = |parameters: &Parameters, rows: &[usize]| {
            let change =
                |&row: &usize| loss(&without(self.setup, parameters, row)) - loss(parameters);
            Ok(rows.iter().map(change).collect())
        };
        let parameters = &mut self.learner.parameters;
        let outcome = self.relocator.step(parameters, scores, &rules, verify).unwrap();
        if let (true, Some(row)) = (exact, outcome.changed) {
            let width = self.setup.engine.architecture().width;
            self.learner.optimizer.reset_row(PROMPTS, row, width);
        }
        (record.reward, record.relocation, record.not_moved) =
            (outcome.reward, outcome.moved, outcome.reason);
        record.score_loss = Some(scores.loss);
    }

    fn epoch(&mut self, epoch: usize) -> EpochRecord {
        let config = &self.setup.config;
        let mut record = EpochRecord { epoch, ..EpochRecord::default() };
        if let Some(scores) = self.scores(epoch) {
            self.relocate(epoch, &scores, &mut record);
        }
        let mut order: Vec<usize> = (0..self.splits.train.len()).collect();
        order.shuffle(&mut stream(config.seed, Purpose::Shuffle, [epoch as u64, 0]));
        record.lr = self.setup.learning_rate(epoch);
        let tuning = Tuning {
            epoch,
            order: &order,
            batch_size: config.data.batch_size,
            lr: record.lr,
            clip_norm: config.model.prompt.clip_norm,
            augment: Some(Augment { seed: config.seed, epoch: epoch as u64 }),
            dropout: Some(self.dropout(Purpose::Dropout, epoch)),
        };
        let prompts = self.learner.parameters.prompt_count();
        let running = config.model.prompt.scoring == When::Running;
        let mut gather = Gather(running.then(|| Scoring::of(config).sum(prompts)));
        let (engine, train) = (&self.setup.engine, &self.splits.train);
        let tuned = self.learner.tune(engine, train, &tuning, &mut gather).unwrap();
        self.running = gather.0.and_then(|sum| sum.finish(&self.learner.parameters));
        (record.train_loss, record.train_top1) = (tuned.loss, tuned.top1);
        record
    }
}

fn mean_loss(setup: &Setup, parameters: &Parameters, source: &Source<'_>, images: &[usize]) -> f64 {
    let objective = &setup.learner().objective;
    let model = Model { engine: &setup.engine, parameters, objective };
    let features = model.features(source, images).unwrap();
    let losses = model.losses(&features, &source.labels(images));
    losses.iter().sum::<f64>() / images.len() as f64
}

/// The parameters without one prompt.
fn without(setup: &Setup, parameters: &Parameters, row: usize) -> Parameters {
    let rest: Vec<usize> = (0..parameters.prompt_count()).filter(|&k| k != row).collect();
    let values = rest.iter().flat_map(|&k| parameters.row(k)).copied().collect();
    let block_of = rest.iter().map(|&k| parameters.bank().unwrap().block_of()[k]).collect();
    let a = setup.engine.architecture();
    let (bank, prompts) = PromptBank::from_parts(a, Placement::Deep, values, block_of).unwrap();
    let head = parameters.set.iter().filter(|param| param.name.starts_with(HEAD)).cloned();
    Parameters { set: [prompts].into_iter().chain(head).collect(), bank: Some(bank) }
}

/// Compares a run with the calls of its parts; how many prompts moved.
fn compare(change: impl FnOnce(&mut Config)) -> usize {
    let setup = setup(&config(change));
    let (memory, _) = trained(&setup);
    let mut by_hand = ByHand::new(&setup);
    for (epoch, got) in memory.records.iter().enumerate() {
        let expected = by_hand.epoch(epoch);
        assert_eq!(got.lr, expected.lr, "epoch {epoch}");
        assert_eq!(got.score_loss, expected.score_loss, "epoch {epoch}");
        assert_eq!(got.not_moved, expected.not_moved, "epoch {epoch}");
        let place = |record: &EpochRecord| {
            record.relocation.as_ref().map(|moved| (moved.prompt, moved.from, moved.to))
        };
        assert_eq!(place(got), place(&expected), "epoch {epoch}");
        let verified = |record: &EpochRecord| record.relocation.as_ref().and_then(|m| m.verified);
        assert_eq!(verified(got).is_some(), verified(&expected).is_some(), "epoch {epoch}");
        let apart = verified(got).unwrap_or(0.0) - verified(&expected).unwrap_or(0.0);
        assert!(apart.abs() < 1e-5, "epoch {epoch}: verified {apart} apart");
        let apart = got.reward.unwrap_or(9.0) - expected.reward.unwrap_or(9.0);
        assert!(apart.abs() < 1e-5, "epoch {epoch}: reward {apart} apart");
        assert_eq!(got.train_loss, expected.train_loss, "epoch {epoch}");
        assert_eq!(got.train_top1, expected.train_top1, "epoch {epoch}");
        assert_eq!(memory.parameters[epoch], by_hand.learner.parameters, "epoch {epoch}");
    }
    assert_eq!(memory.records.len(), EPOCHS);
    memory.records.iter().filter(|record| record.relocation.is_some()).count()
}

#[test]
fn exact_runs_are_their_parts() {
    assert!(compare(|_| {}) > 0, "nothing moved");
    assert!(compare(|config| config.solver.optimizer = OptimizerKind::Adamw) > 0);
}

/// The loss that is tuned is the one that scores and verifies.
#[test]
fn runs_with_weighted_classes_and_smoothed_labels_are_their_parts() {
    let moved = compare(|config| {
        config.data.class_weights = ClassWeights::Inverse;
        config.solver.label_smoothing = 0.1;
        config.solver.optimizer = OptimizerKind::Adam;
    });
    assert!(moved > 0, "nothing moved");
}

#[test]
fn reference_runs_are_their_parts() {
    assert!(compare(|config| config.model.prompt.fidelity = Fidelity::Reference) > 0);
}

#[test]
fn runs_that_score_while_tuning_are_their_parts() {
    assert!(compare(|config| config.model.prompt.scoring = When::Running) > 0);
}

#[test]
fn runs_that_go_by_norms_are_their_parts() {
    assert!(compare(|config| config.model.prompt.idleness = Some(Idleness::Norm)) > 0);
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
fn validation_says_which_epoch_is_best_and_when_to_stop() {
    // Nothing is learned: every epoch is as good as the first, and the first remains the best.
    let still = |config: &mut Config| {
        config.solver.base_lr = 0.0;
        config.model.prompt.adaptive = false;
    };
    let setup_of = |patience| {
        setup(&config(|config| {
            still(config);
            config.solver.patience = patience;
        }))
    };
    let (memory, result) = trained(&setup_of(0));
    assert_eq!((memory.records.len(), result.epochs), (EPOCHS, EPOCHS));
    assert_eq!(result.best_val.as_ref().map(|best| best.epoch), Some(0));
    let (memory, result) = trained(&setup_of(2));
    assert_eq!((memory.records.len(), result.epochs), (3, 3), "two epochs after the best");
    let setup = setup_of(2);
    let best = result.best_val.unwrap();
    let val = setup.task.val.as_ref().unwrap();
    let source = Source::new(val, setup.preprocess).unwrap();
    let learner = setup.learner();
    let evaluation = evaluate(&learner.model(&setup.engine), &source, |_, _| {}).unwrap();
    assert_eq!(best.top1, evaluation.top1);
}

#[test]
fn a_run_that_goes_on_forgets_epochs_that_its_checkpoint_does_not_know() {
    let setup = setup(&config(|_| {}));
    let (whole, _) = trained(&setup);
    let mut half = Memory::default();
    let mut silent = Silent;
    let mut trainer = Trainer::new(&setup, None, &mut half, &mut silent).unwrap();
    assert!(trainer.run(2).unwrap().is_none());
    // A kill between the metrics of the third epoch and its checkpoint.
    let mut metrics = Metrics::default();
    whole.records[..3].iter().cloned().for_each(|record| metrics.push(record));
    let (checkpoint, path) = (half.checkpoint, "checkpoint".into());
    let saved = Saved { metrics, checkpoint, path, adapter: None, data: None };
    let mut rest = Memory::default();
    let mut trainer = Trainer::new(&setup, Some(saved), &mut rest, &mut silent).unwrap();
    trainer.run(usize::MAX).unwrap().unwrap();
    let story = |memory: &Memory| -> Vec<(usize, f64)> {
        memory.records.iter().map(|record| (record.epoch, record.train_loss)).collect()
    };
    assert_eq!(story(&rest), story(&whole));
    assert_eq!(rest.parameters.last(), whole.parameters.last());
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
