//! A run whose parts are called by hand.

use provpt_runs::{EpochRecord, IdlenessRecord, Score, StepRecord};
use provpt_vit::Placement;
use rand::seq::SliceRandom;

use crate::allocators::{Allocator, PpoSettings};
use crate::config::{Fidelity, Idleness, OptimizerKind, Scoring as When};
use crate::error::Error;
use crate::learn::bank::PromptBank;
use crate::learn::clip::Clipping;
use crate::learn::dropout::Dropout;
use crate::learn::evaluate::evaluate;
use crate::learn::head::{HEAD, Head};
use crate::learn::model::{BatchGradients, Model};
use crate::learn::parameters::{PROMPTS, Parameters};
use crate::learn::showing::Showing;
use crate::learn::source::Source;
use crate::learn::tune::{Learner, Listener, Tuning};
use crate::math::optimizer::{Optimizer, OptimizerSettings};
use crate::observer::Silent;
use crate::relocate::idleness::{ScoreSum, Scores};
use crate::relocate::relocator::{Relocator, Rules};
use crate::relocate::score::{Pass, Scoring};
use crate::relocate::verify::subset;
use crate::run::splits::Splits;
use crate::setup::Setup;
use provpt_base::{Purpose, stream};

/// Looks at the gradients of every batch.
pub(super) struct Gather {
    scores: Option<ScoreSum>,
    block_of: Vec<usize>,
    depth: usize,
    /// Norms of the gradients: the head's, each block's, all together.
    pub(super) norms: Vec<(f64, Vec<f64>, f64)>,
}

impl Listener for Gather {
    fn gradients(&mut self, gradients: &BatchGradients, images: usize) {
        if let Some(sum) = &mut self.scores {
            sum.add(gradients, images);
        }
        let squares = |part: &[f32]| part.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>();
        let head: f64 = gradients.learned.under(HEAD).into_iter().map(squares).sum();
        let rows = gradients.learned.of(PROMPTS);
        let mut blocks = vec![0.0; self.depth];
        for (row, &block) in rows.chunks(rows.len() / self.block_of.len()).zip(&self.block_of) {
            blocks[block] += squares(row);
        }
        let all: f64 = head + blocks.iter().sum::<f64>();
        let blocks = blocks.into_iter().map(f64::sqrt).collect();
        self.norms.push((head.sqrt(), blocks, all.sqrt()));
    }

    fn step(&mut self, _: StepRecord) -> Result<(), Error> {
        Ok(())
    }
}

/// The same run, its parts called by hand.
pub(super) struct ByHand<'a> {
    setup: &'a Setup,
    splits: Splits<'a>,
    pub(super) learner: Learner,
    relocator: Relocator,
    running: Option<Scores>,
}

impl<'a> ByHand<'a> {
    pub(super) fn new(setup: &'a Setup) -> Self {
        let config = &setup.config;
        let (prompt, a) = (&config.model.prompt, setup.engine.architecture());
        let mut rng = stream(config.seed, Purpose::PolicyInit, [0, 0]);
        let settings = PpoSettings {
            update_every: prompt.ppo_update_every,
            k_epoch: prompt.ppo_k_epoch,
            discount: prompt.ppo_discount_factor,
        };
        let allocator =
            Allocator::new(prompt.allocator.unwrap(), a.depth, &settings, &mut rng).unwrap();
        let mut rng = stream(config.seed, Purpose::PromptInit, [0, 0]);
        let (bank, prompts) = PromptBank::init(a, Placement::Deep, prompt.num_tokens, &mut rng);
        let head = Head::init(2, a.width, 0, &mut stream(config.seed, Purpose::HeadInit, [0, 0]));
        let set = prompts.into_iter().chain(head).collect();
        let optimizer = Optimizer::new(match config.solver.optimizer {
            OptimizerKind::Sgd => OptimizerSettings::Sgd { momentum: 0.9, weight_decay: 1e-4 },
            OptimizerKind::Adam => OptimizerSettings::Adam { weight_decay: 1e-4 },
            OptimizerKind::Adamw => OptimizerSettings::AdamW { weight_decay: 1e-4 },
        });
        Self {
            setup,
            splits: Splits::prepare(setup, &mut Silent, true).unwrap(),
            learner: Learner::new(
                Parameters { set, bank: Some(bank) },
                optimizer,
                setup.learner().objective,
            ),
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
        let prompt = &config.model.prompt;
        let mut images: Vec<usize> = (0..self.splits.train.len()).collect();
        match prompt.scoring {
            When::Running => return self.running.take(),
            When::Subset => {
                let place = [epoch as u64, 0];
                images.shuffle(&mut stream(config.seed, Purpose::Scoring, place));
                images.truncate(prompt.scoring_samples);
            }
            When::Pass => {}
        }
        let dropout = match prompt.fidelity {
            Fidelity::Exact => None,
            Fidelity::Reference => Some(self.dropout(Purpose::ScoringDropout, epoch)),
        };
        let pass = Pass {
            model: &self.learner.model(&self.setup.engine),
            source: &self.splits.train,
            indices: &images,
            scoring: Scoring::of(config),
            dropout: dropout.as_ref(),
        };
        pass.scores(|_, _| {}).unwrap()
    }

    fn idleness(&self, scores: &Scores) -> IdlenessRecord {
        let a = self.setup.engine.architecture();
        let block_of = self.learner.parameters.bank().unwrap().block_of();
        let mut per_block = vec![0.0; a.depth];
        for (&block, score) in block_of.iter().zip(&scores.idleness) {
            per_block[block] += score;
        }
        let prompt = &self.setup.config.model.prompt;
        let kind = match (prompt.idleness, prompt.fidelity) {
            (Some(kind), _) => kind,
            (None, Fidelity::Exact) => Idleness::Attention,
            (None, Fidelity::Reference) => Idleness::Gate,
        };
        let max = scores.idleness.iter().copied().max_by(f64::total_cmp).unwrap();
        let per_prompt = scores.idleness.clone();
        IdlenessRecord { kind: kind.to_string(), per_prompt, per_block, max }
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
            reach: prompt.reach,
            verify: if exact { 4 } else { 0 },
            scores_are_losses: config.model.prompt.idleness != Some(Idleness::Norm),
        };
        let train = &self.splits.train;
        let looked_at = subset(config.seed, train.len(), prompt.verify_samples.unwrap_or(16));
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

    /// From 0 in one epoch up to the full rate, then half a cosine down; twenty for 256 images.
    fn learning_rate(&self, epoch: usize) -> f64 {
        let progress = (epoch as f64 - 1.0) / (super::EPOCHS as f64 - 1.0);
        let factor = 0.5 * (1.0 + (std::f64::consts::PI * progress).cos());
        20.0 * 6.0 / 256.0 * if epoch == 0 { 0.0 } else { factor }
    }

    /// One epoch; what is recorded of it, and the norms of its steps.
    pub(super) fn epoch(&mut self, epoch: usize) -> (EpochRecord, Gather) {
        let config = &self.setup.config;
        let mut record = EpochRecord { epoch, ..EpochRecord::default() };
        if let Some(scores) = self.scores(epoch) {
            record.idleness = Some(self.idleness(&scores));
            self.relocate(epoch, &scores, &mut record);
        }
        let bank = self.learner.parameters.bank().unwrap();
        let (block_of, depth) = (bank.block_of().to_vec(), bank.depth());
        let count = |block| block_of.iter().filter(|&&of| of == block).count();
        record.distribution = (0..depth).map(count).collect();
        let mut order: Vec<usize> = (0..self.splits.train.len()).collect();
        order.shuffle(&mut stream(config.seed, Purpose::Shuffle, [epoch as u64, 0]));
        record.lr = self.learning_rate(epoch);
        let tuning = Tuning {
            epoch,
            order: &order,
            batch_size: 6,
            lr: &|_| record.lr,
            clipping: Clipping::of(&config.model.prompt),
            showing: Some(Showing::of(config, epoch)),
            dropout: Some(self.dropout(Purpose::Dropout, epoch)),
        };
        let running = config.model.prompt.scoring == When::Running;
        let scores = running.then(|| Scoring::of(config).sum(block_of.len()));
        let mut gather = Gather { scores, block_of, depth, norms: Vec::new() };
        let (engine, train) = (&self.setup.engine, &self.splits.train);
        let tuned = self.learner.tune(engine, train, &tuning, &mut gather).unwrap();
        let scores = gather.scores.take();
        self.running = scores.and_then(|sum| sum.finish(&self.learner.parameters));
        (record.train_loss, record.train_top1) = (tuned.loss, tuned.top1);
        let norms: f64 = gather.norms.iter().map(|(.., all)| all).sum();
        record.grad_norm = norms / gather.norms.len() as f64;
        let val = self.splits.val.as_ref().unwrap();
        let val = evaluate(&self.learner.model(engine), val, |_, _| {}).unwrap();
        record.val = Some(Score { loss: val.loss, top1: val.top1 });
        (record, gather)
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
    Parameters { set: prompts.into_iter().chain(head).collect(), bank: Some(bank) }
}
