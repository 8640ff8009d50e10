//! Relocation as a step between epochs: score, verify, move, and remember.

use std::time::Instant;

use serde_json::Value;

use crate::allocators::{Allocator, AllocatorKind, PpoSettings};
use crate::config::{self, Config, Fidelity};
use crate::error::Error;
use crate::learn::between::{BetweenEpochs, Changes, Memory, NotOurs, Scene};
use crate::learn::dropout::Dropout;
use crate::learn::model::{BatchGradients, Model};
use crate::learn::parameters::{LOGITS, Parameters};
use crate::learn::stage_rows::RowPlace;
use crate::learn::tune::Learner;
use crate::math::optimizer::Optimizer;
use crate::math::order::shuffled;
use crate::observer::{Phase, batches};
use crate::relocate::RELOCATOR;
use crate::relocate::idleness::Scores;
use crate::relocate::relocator::{Outcome, Relocator, Rules};
use crate::relocate::running::{RUNNING, Running};
use crate::relocate::score::{Pass, Scoring};
use crate::relocate::verify::{removal_changes, subset};
use provpt_base::{Purpose, stream};

/// Relocates prompts between epochs.
pub(crate) struct Relocation {
    config: Config,
    relocator: Relocator,
    /// Scores gathered by the last tuning epoch, under `scoring = running`.
    running: Running,
}

impl Relocation {
    /// As it is before the first epoch of a run on a backbone of so many blocks; none where candidates
    /// say where prompts go.
    pub(crate) fn new(config: &Config, allocator: AllocatorKind, blocks: usize) -> Option<Self> {
        let prompt = &config.model.prompt;
        let settings = PpoSettings {
            update_every: prompt.ppo_update_every,
            k_epoch: prompt.ppo_k_epoch,
            discount: prompt.ppo_discount_factor,
        };
        let mut rng = stream(config.seed, Purpose::PolicyInit, [0, 0]);
        let relocator = Relocator::new(Allocator::new(allocator, blocks, &settings, &mut rng)?);
        Some(Self { config: config.clone(), relocator, running: Running::default() })
    }

    /// Idleness of all prompts at the parameters that the epoch begins with.
    fn scores(&mut self, epoch: usize, scene: &mut Scene<'_>) -> Result<Option<Scores>, Error> {
        let config = &self.config;
        let images = scene.train.len();
        let mut indices: Vec<usize> = (0..images).collect();
        match config.model.prompt.scoring {
            config::Scoring::Running => return Ok(self.running.take()),
            config::Scoring::Subset => {
                let rng = &mut stream(config.seed, Purpose::Scoring, [epoch as u64, 0]);
                indices = shuffled(images, rng);
                indices.truncate(config.model.prompt.scoring_samples.max(1));
            }
            config::Scoring::Pass => {}
        }
        let prompts = scene.learner.parameters.prompt_count();
        let reference = config.model.prompt.fidelity == Fidelity::Reference;
        let dropout = Dropout::of(config, Purpose::ScoringDropout, epoch, images, prompts);
        let dropout = dropout.filter(|_| reference);
        let pass = Pass {
            model: &scene.learner.model(scene.engine),
            source: scene.train,
            indices: &indices,
            scoring: Scoring::of(config),
            dropout: dropout.as_ref(),
        };
        pass.scores(batches(scene.observer, epoch, Phase::Score))
    }

    fn relocate(
        &mut self,
        epoch: usize,
        scores: &Scores,
        scene: &mut Scene<'_>,
    ) -> Result<Outcome, Error> {
        let (config, images) = (&self.config, scene.train.len());
        let subset = subset(config.seed, images, config.verify_samples(images));
        let (engine, train) = (scene.engine, scene.train);
        let Learner { parameters, optimizer, objective, .. } = &mut *scene.learner;
        let watch = batches(scene.observer, epoch, Phase::Verify);
        let verify = |parameters: &Parameters, rows: &[usize]| {
            let model = Model { engine, parameters, objective };
            removal_changes(&model, train, &subset, rows, watch)
        };
        let rules = Rules::of(config, epoch);
        let outcome = self.relocator.step(parameters, scores, &rules, verify)?;
        if let (Some(row), Some(left), Some(bank)) =
            (outcome.changed, &outcome.left, parameters.bank())
        {
            let exact = config.model.prompt.fidelity == Fidelity::Exact;
            optimizer.reset_row(LOGITS, row, 1);
            follow(optimizer, left, &bank.place(row), exact);
        }
        Ok(outcome)
    }
}

/// What the optimizer remembers of a row that moves. The released code lets it keep that where there is
/// one array only; in another one the row is new.
pub(super) fn follow(optimizer: &mut Optimizer, left: &RowPlace, now: &RowPlace, exact: bool) {
    if left.array != now.array {
        optimizer.remove_row(&left.array, left.row, left.width);
        optimizer.insert_row(&now.array, now.row, now.width);
    } else if exact {
        optimizer.reset_row(&now.array, now.row, now.width);
    }
}

impl BetweenEpochs for Relocation {
    fn before_tuning(&mut self, epoch: usize, scene: &mut Scene<'_>) -> Result<Changes, Error> {
        let start = Instant::now();
        let scores = self.scores(epoch, scene)?;
        let score_seconds = start.elapsed().as_secs_f64();
        if self.config.model.prompt.scoring == config::Scoring::Running {
            let prompts = scene.learner.parameters.prompt_count();
            self.running.begin(Scoring::of(&self.config).sum(prompts));
        }
        let Some(scores) = scores else {
            return Ok(Changes { score_seconds, ..Changes::default() });
        };
        let idleness = Some(scores.record(&self.config, &scene.learner.parameters));
        let start = Instant::now();
        let Outcome { reward, moved, reason, .. } = self.relocate(epoch, &scores, scene)?;
        let moved = moved.into_iter().collect();
        let verify_seconds = start.elapsed().as_secs_f64();
        let score_loss = Some(scores.loss);
        Ok(Changes {
            score_loss,
            idleness,
            reward,
            moved,
            pruned: 0,
            reason,
            score_seconds,
            verify_seconds,
        })
    }

    fn while_tuning(&mut self, gradients: &BatchGradients, images: usize) {
        self.running.add(gradients, images);
    }

    fn after_tuning(&mut self, parameters: &Parameters) {
        self.running.end(parameters);
    }

    fn memory(&self) -> Result<Memory, Error> {
        let fault = |error: serde_json::Error| Error::Serialize { cause: error.to_string() };
        let relocator = serde_json::to_value(&self.relocator).map_err(fault)?;
        let named = [(RELOCATOR, relocator), (RUNNING, self.running.to_json()?)];
        Ok(named.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    fn restore(&mut self, mut memory: Memory, parameters: &Parameters) -> Result<(), NotOurs> {
        let mut take = |name| memory.remove(name).unwrap_or(Value::Null);
        let relocator: Relocator =
            serde_json::from_value(take(RELOCATOR)).map_err(|_| NotOurs(RELOCATOR))?;
        if !relocator.may_follow(&self.relocator) {
            return Err(NotOurs(RELOCATOR));
        }
        let running = Running::from_json(take(RUNNING), parameters.prompt_count());
        let running = running.ok_or(NotOurs("scores"))?;
        (self.relocator, self.running) = (relocator, running);
        Ok(())
    }
}
