//! Relocation: once per epoch, the most idle prompt moves to the block the allocator picks.

use provpt_runs::Move;
use serde::{Deserialize, Serialize};

use crate::bank::PromptBank;
use crate::config::Rebirth;
use crate::error::Error;
use crate::idleness::{Scores, ranking};
use crate::relocate::{Allocator, State, reward};
use crate::streams::{Purpose, stream};

/// Settings of one epoch's relocation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Relocation {
    pub(crate) seed: u64,
    pub(crate) epoch: usize,
    /// First epoch that may move a prompt.
    pub(crate) warmup: usize,
    pub(crate) rebirth: Rebirth,
    pub(crate) scale: f32,
    /// Candidates to remove in truth; 0 trusts the scores.
    pub(crate) verify: usize,
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
        bank: &mut PromptBank,
        scores: &Scores,
        settings: &Relocation,
        verify: impl FnOnce(&PromptBank, &[usize]) -> Result<Vec<f64>, Error>,
    ) -> Result<Outcome, Error> {
        let candidate = candidate(bank, scores, settings, verify)?;
        let mut outcome = Outcome::default();
        let left = match &candidate {
            Some(c) => c.verified.unwrap_or(c.idleness),
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
        match obstacle(&candidate, settings) {
            Some(reason) => outcome.reason = Some(reason),
            None => self.relocate(bank, scores, settings, &candidate, &mut outcome)?,
        }
        Ok(outcome)
    }

    fn relocate(
        &mut self,
        bank: &mut PromptBank,
        scores: &Scores,
        settings: &Relocation,
        candidate: &Candidate,
        outcome: &mut Outcome,
    ) -> Result<(), Error> {
        let &Relocation { seed, epoch, .. } = settings;
        let from = bank.block_of()[candidate.prompt];
        let mut rest = bank.distribution();
        rest[from] -= 1;
        let state = State::new(&bank.block_sums(&scores.idleness), &rest, from);
        let policy = &mut stream(seed, Purpose::Policy, epoch as u64);
        let choice = self.allocator.choose(&state, policy);
        self.pending = true;
        let rebirth = (settings.rebirth, settings.scale);
        let rng = &mut stream(seed, Purpose::Rebirth, epoch as u64);
        let changed = bank.relocate(candidate.prompt, choice.block, rebirth, epoch, rng)?;
        outcome.changed = changed.then_some(candidate.prompt);
        outcome.moved = Some(Move {
            prompt: candidate.prompt,
            from,
            to: choice.block,
            idleness: candidate.idleness,
            verified: candidate.verified,
            probability: choice.probability,
            rebirth: settings.rebirth.to_string(),
        });
        Ok(())
    }
}

/// The most idle prompt; among the `verify` most idle, the one whose removal leaves the lowest loss.
fn candidate(
    bank: &PromptBank,
    scores: &Scores,
    settings: &Relocation,
    verify: impl FnOnce(&PromptBank, &[usize]) -> Result<Vec<f64>, Error>,
) -> Result<Option<Candidate>, Error> {
    let ranking = ranking(&scores.idleness);
    let Some(&first) = ranking.first() else { return Ok(None) };
    let idleness = scores.idleness[first];
    if settings.verify == 0 || settings.epoch < settings.warmup || idleness <= 0.0 {
        return Ok(Some(Candidate { prompt: first, idleness, verified: None }));
    }
    let tried = &ranking[..settings.verify.min(ranking.len())];
    let changes = verify(bank, tried)?;
    tracing::debug!(epoch = settings.epoch, rows = ?tried, loss_changes = ?changes, "left the most idle out");
    let best = (0..tried.len()).min_by(|&a, &b| changes[a].total_cmp(&changes[b])).unwrap_or(0);
    Ok(Some(Candidate {
        prompt: tried[best],
        idleness: scores.idleness[tried[best]],
        verified: Some(-changes[best]),
    }))
}

/// Why a candidate may not move.
fn obstacle(candidate: &Candidate, settings: &Relocation) -> Option<String> {
    if settings.epoch < settings.warmup {
        return Some(format!("warm-up until epoch {}", settings.warmup + 1));
    }
    match candidate.verified {
        None if candidate.idleness <= 0.0 => Some("no prompt is idle".to_owned()),
        Some(gain) if gain < 0.0 => {
            Some(format!("removing any of the {} most idle raises the loss", settings.verify))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
