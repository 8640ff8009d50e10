//! Exchanges between epochs: prompts that do little become candidates that do more, in truth.
//!
//! Nominated by estimates, made by measurement: [`field`] has candidates and what they would do to the
//! loss, [`nominate`] matches them with prompts that do little, and [`decide`] makes what truly lowers
//! the losses of some images.

mod decide;
pub(crate) mod demand;
mod field;
mod nominate;
mod nursery;

use std::time::Instant;

use provpt_runs::Move;
use serde_json::Value;

use crate::config::{AllocatorKind, Config};
use crate::error::Error;
use crate::learn::between::{BetweenEpochs, Changes, Memory, NotOurs, Scene};
use crate::learn::ghosts::Ghosts;
use crate::learn::model::BatchGradients;
use crate::learn::parameters::Parameters;
use crate::math::choice::Choice;
use crate::relocate::RELOCATOR;
use crate::relocate::exchange::field::Field;
use crate::relocate::exchange::nominate::Rules;
use crate::relocate::idleness::Scores;
use crate::relocate::running::{RUNNING, Running};
use crate::relocate::score::Scoring;
use crate::relocate::verify::subset;

/// The share of the loss that a candidate may promise to save. First order overrates, without bound, who
/// would take much attention: what promises more ranks worse than chance.
const TRUSTED: f64 = 0.1;

/// Exchanges prompts for candidates between epochs.
pub(crate) struct ExchangeStep {
    config: Config,
    kind: AllocatorKind,
    /// Scores of the last tuning epoch: of the prompts, and of ghosts behind them.
    running: Running,
}

impl ExchangeStep {
    /// As it is before the first epoch.
    pub(crate) fn new(config: &Config, kind: AllocatorKind) -> Self {
        Self { config: config.clone(), kind, running: Running::default() }
    }

    /// How many prompts may move before an epoch, or why none may.
    fn most(&self, epoch: usize, prompts: usize) -> Result<usize, String> {
        let first = self.config.model.prompt.reward_warmup_epoch;
        if epoch < first {
            return Err(format!("warm-up until epoch {}", first + 1));
        }
        match self.config.most_moves(epoch, prompts) {
            0 => Err("the time of moves is over".to_owned()),
            most => Ok(most),
        }
    }

    /// Nominates, verifies and makes exchanges: those made, and why there are none.
    fn exchange(
        &self,
        epoch: usize,
        (scores, ghosts): (&Scores, &[f64]),
        scene: &mut Scene<'_>,
        changes: &mut Changes,
    ) -> Result<(Vec<Move>, Option<String>), Error> {
        let most = match self.most(epoch, scores.idleness.len()) {
            Ok(most) => most,
            Err(reason) => return Ok((Vec::new(), Some(reason))),
        };
        let start = Instant::now();
        let (config, images) = (&self.config, scene.train.len());
        let looks = subset(config.seed, images, config.verify_samples(images));
        let field = Field { config, kind: self.kind, epoch, verified_on: &looks };
        let mut candidates = field.candidates(scores, ghosts, scene)?;
        candidates.retain(|one| one.change > -TRUSTED * scores.loss);
        changes.score_seconds += start.elapsed().as_secs_f64();
        let start = Instant::now();
        let rules = Rules { reach: config.model.prompt.reach, most: config.verify().max(most) };
        let Some(bank) = scene.learner.parameters.bank() else { return Ok((Vec::new(), None)) };
        let pairs = nominate::pairs(bank, &scores.idleness, &candidates, &rules);
        let made = decide::decide(scene, (epoch, &looks), &candidates, (&pairs, most))?;
        let moves = self.make(epoch, scene, &made)?;
        changes.verify_seconds += start.elapsed().as_secs_f64();
        let reason = match (pairs.len(), moves.is_empty()) {
            (0, _) => Some("no exchange promises a lower loss".to_owned()),
            (tried, true) => Some(format!("none of {tried} exchanges lowers the loss for certain")),
            _ => None,
        };
        Ok((moves, reason))
    }

    fn make(
        &self,
        epoch: usize,
        scene: &mut Scene<'_>,
        made: &[decide::Verified<'_>],
    ) -> Result<Vec<Move>, Error> {
        let mut evicted = Vec::with_capacity(made.len());
        let mut moves = Vec::with_capacity(made.len());
        for verified in made {
            let parameters = &scene.learner.parameters;
            evicted.push(nursery::Evicted::of(parameters, verified));
            moves.push(decide::make(scene.learner, epoch, verified)?);
        }
        nursery::take_in(scene, (self.config.seed, epoch), evicted)?;
        Ok(moves)
    }
}

impl BetweenEpochs for ExchangeStep {
    fn before_tuning(&mut self, epoch: usize, scene: &mut Scene<'_>) -> Result<Changes, Error> {
        let parameters = &scene.learner.parameters;
        let prompts = parameters.prompt_count();
        let ghosts = scene.learner.ghosts.as_ref().map_or(0, Ghosts::count);
        self.running.begin(Scoring::of(&self.config).sum(prompts + ghosts));
        let mut changes = Changes::default();
        let Some(mut scores) = self.running.take() else {
            changes.reason = Some("no prompt has been scored yet".to_owned());
            return Ok(changes);
        };
        let ghosts = scores.idleness.split_off(prompts);
        changes.score_loss = Some(scores.loss);
        changes.idleness = Some(scores.record(&self.config, parameters));
        (changes.moved, changes.reason) =
            self.exchange(epoch, (&scores, &ghosts), scene, &mut changes)?;
        Ok(changes)
    }

    fn while_tuning(&mut self, gradients: &BatchGradients, images: usize) {
        self.running.add(gradients, images);
    }

    fn after_tuning(&mut self, parameters: &Parameters) {
        self.running.end(parameters);
    }

    fn memory(&self) -> Result<Memory, Error> {
        let running = self.running.to_json()?;
        let kind = Value::String(self.kind.name().to_owned());
        Ok([(RELOCATOR.to_owned(), kind), (RUNNING.to_owned(), running)].into_iter().collect())
    }

    fn restore(&mut self, mut memory: Memory, parameters: &Parameters) -> Result<(), NotOurs> {
        if memory.get(RELOCATOR).and_then(Value::as_str) != Some(self.kind.name()) {
            return Err(NotOurs(RELOCATOR));
        }
        let running = memory.remove(RUNNING).unwrap_or(Value::Null);
        let ghosts = nursery::expected(self.kind, parameters);
        let expected = parameters.prompt_count() + ghosts;
        let running = Running::from_json(running, expected);
        self.running = running.ok_or(NotOurs("scores"))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
