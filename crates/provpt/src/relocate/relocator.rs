//! The rules of a move: who may leave, when, and what the allocator is told.

use provpt_runs::Move;
use serde::{Deserialize, Serialize};

use crate::allocators::{Allocator, State, reward};
use crate::config::{Config, Reach, Rebirth};
use crate::error::Error;
use crate::learn::parameters::Parameters;
use crate::learn::stage_rows::RowPlace;
use crate::relocate::idleness::{Scores, norms, ranking};
use provpt_base::{Purpose, stream};

/// Settings of one epoch's move.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) seed: u64,
    pub(crate) epoch: usize,
    /// First epoch that may move a prompt.
    pub(crate) warmup: usize,
    pub(crate) rebirth: Rebirth,
    pub(crate) scale: f32,
    /// The blocks that may take in a prompt.
    pub(crate) reach: Reach,
    /// Candidates to remove in truth; 0 trusts the scores.
    pub(crate) verify: usize,
    /// Whether scores estimate a change of the loss. Others only rank: no score is too low
    /// for a move, none is part of a reward, and the allocator sees norms in their place.
    pub(crate) scores_are_losses: bool,
}

impl Rules {
    pub(crate) fn of(config: &Config, epoch: usize) -> Self {
        let prompt = &config.model.prompt;
        Self {
            seed: config.seed,
            epoch,
            warmup: prompt.reward_warmup_epoch,
            rebirth: prompt.rebirth,
            scale: prompt.relocation_scale as f32,
            reach: prompt.reach,
            verify: config.verify(),
            scores_are_losses: config.idleness().is_loss(),
        }
    }
}

/// What relocation remembers between epochs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Relocator {
    allocator: Allocator,
    /// L_{t-1}.
    previous_loss: Option<f64>,
    /// Whether the last epoch chose a block whose reward is still to come.
    pending: bool,
}

/// What relocation did in an epoch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) reward: Option<f64>,
    pub(crate) moved: Option<Move>,
    /// Why nothing moved.
    pub(crate) reason: Option<String>,
    /// The row whose optimizer state is stale now.
    pub(crate) changed: Option<usize>,
    /// Where it stood.
    pub(crate) left: Option<RowPlace>,
}

/// The prompt that may leave its block.
struct Candidate {
    prompt: usize,
    idleness: f64,
    /// How much the loss truly falls without it.
    verified: Option<f64>,
}

impl Relocator {
    pub(crate) fn new(allocator: Allocator) -> Self {
        Self { allocator, previous_loss: None, pending: false }
    }

    /// Whether `fresh` may become this by steps.
    pub(crate) fn may_follow(&self, fresh: &Self) -> bool {
        self.allocator.may_follow(&fresh.allocator)
    }

    /// Rewards the last choice, then moves a prompt if that helps. `verify` measures the change of
    /// the loss when each of some prompts is removed.
    pub(crate) fn step(
        &mut self,
        parameters: &mut Parameters,
        scores: &Scores,
        rules: &Rules,
        verify: impl FnOnce(&Parameters, &[usize]) -> Result<Vec<f64>, Error>,
    ) -> Result<Outcome, Error> {
        let candidate = candidate(parameters, scores, rules, verify)?;
        let mut outcome = Outcome::default();
        let left = match &candidate {
            Some(c) if rules.scores_are_losses => c.verified.unwrap_or(c.idleness),
            Some(c) => c.verified.unwrap_or(0.0),
            None => 0.0,
        };
        if let (true, Some(previous)) = (self.pending, self.previous_loss) {
            let value = reward(previous, scores.loss, left);
            self.allocator.learn(value);
            outcome.reward = Some(value);
        }
        self.previous_loss = Some(scores.loss);
        self.pending = false;
        let Some(candidate) = candidate else {
            outcome.reason = Some("there are no prompts".to_owned());
            return Ok(outcome);
        };
        match obstacle(&candidate, rules) {
            Some(reason) => outcome.reason = Some(reason),
            None => self.relocate(parameters, scores, rules, &candidate, &mut outcome)?,
        }
        Ok(outcome)
    }

    fn relocate(
        &mut self,
        parameters: &mut Parameters,
        scores: &Scores,
        rules: &Rules,
        candidate: &Candidate,
        outcome: &mut Outcome,
    ) -> Result<(), Error> {
        let &Rules { seed, epoch, .. } = rules;
        let bank = parameters
            .bank
            .as_ref()
            .ok_or(Error::NoSuchPrompt { prompts: 0, got: candidate.prompt })?;
        let from = bank.block_of()[candidate.prompt];
        let mut rest = bank.distribution();
        rest[from] -= 1;
        let state = match rules.scores_are_losses {
            true => bank.block_sums(&scores.idleness),
            false => bank.block_sums(&norms(parameters)),
        };
        let mut state = State::new(&state, &rest, from);
        if let (Reach::Stage, Some(stages)) = (rules.reach, &bank.stages) {
            state = state.within(stages.siblings(from));
        }
        let left = bank.place(candidate.prompt);
        let policy = &mut stream(seed, Purpose::Policy, [epoch as u64, 0]);
        let choice = self.allocator.choose(&state, policy);
        self.pending = true;
        let rebirth = (rules.rebirth, rules.scale);
        let rng = &mut stream(seed, Purpose::Rebirth, [epoch as u64, 0]);
        let changed = parameters.relocate(candidate.prompt, choice.block, rebirth, epoch, rng)?;
        outcome.changed = changed.then_some(candidate.prompt);
        outcome.left = changed.then_some(left);
        outcome.moved = Some(Move {
            prompt: candidate.prompt,
            from,
            to: choice.block,
            idleness: candidate.idleness,
            verified: candidate.verified,
            error: None,
            insertion: None,
            probability: choice.probability,
            rebirth: rules.rebirth.to_string(),
        });
        Ok(())
    }
}

/// The most idle prompt; among the `verify` most idle, the one whose removal leaves the lowest loss.
fn candidate(
    parameters: &Parameters,
    scores: &Scores,
    rules: &Rules,
    verify: impl FnOnce(&Parameters, &[usize]) -> Result<Vec<f64>, Error>,
) -> Result<Option<Candidate>, Error> {
    let ranking = ranking(&scores.idleness);
    let Some(&first) = ranking.first() else { return Ok(None) };
    let idleness = scores.idleness[first];
    if rules.verify == 0 || rules.epoch < rules.warmup || too_low(idleness, rules) {
        return Ok(Some(Candidate { prompt: first, idleness, verified: None }));
    }
    let tried = &ranking[..rules.verify.min(ranking.len())];
    let changes = verify(parameters, tried)?;
    tracing::debug!(epoch = rules.epoch, rows = ?tried, loss_changes = ?changes, "left the most idle out");
    let best = (0..tried.len()).min_by(|&a, &b| changes[a].total_cmp(&changes[b])).unwrap_or(0);
    Ok(Some(Candidate {
        prompt: tried[best],
        idleness: scores.idleness[tried[best]],
        verified: Some(-changes[best]),
    }))
}

fn too_low(idleness: f64, rules: &Rules) -> bool {
    rules.scores_are_losses && idleness <= 0.0
}

/// Why a candidate may not move.
fn obstacle(candidate: &Candidate, rules: &Rules) -> Option<String> {
    if rules.epoch < rules.warmup {
        return Some(format!("warm-up until epoch {}", rules.warmup + 1));
    }
    match candidate.verified {
        None if too_low(candidate.idleness, rules) => Some("no prompt is idle".to_owned()),
        Some(gain) if gain < 0.0 => {
            Some(format!("removing any of the {} most idle raises the loss", rules.verify))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
