use serde::{Deserialize, Serialize};

use crate::number::{list_or_nan, or_nan};

/// What one epoch brought: a line of `metrics.jsonl`.
///
/// A number that is not finite (a diverged loss) is `null` in the file and NaN when read back; an
/// optional one reads back as `None`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Counted from 0.
    pub epoch: usize,
    /// The learning rate of this epoch.
    #[serde(deserialize_with = "or_nan")]
    pub lr: f64,
    /// Mean cross-entropy over the epoch's training steps, nats.
    #[serde(deserialize_with = "or_nan")]
    pub train_loss: f64,
    /// Fraction of training samples classified right while tuning.
    #[serde(deserialize_with = "or_nan")]
    pub train_top1: f64,
    /// Mean loss in the scoring pass before tuning, if there was one.
    pub score_loss: Option<f64>,
    /// On the validation images, if there are any.
    pub val: Option<Score>,
    /// On the test images, if they were looked at in this epoch.
    pub test: Option<Score>,
    /// Global gradient norm before clipping, mean over the epoch's steps.
    #[serde(deserialize_with = "or_nan")]
    pub grad_norm: f64,
    /// The idleness of the prompts before the move, if it was scored.
    pub idleness: Option<IdlenessRecord>,
    /// `[L]` prompts in each block, after the move. Empty for a method without prompts.
    #[serde(default)]
    pub distribution: Vec<usize>,
    /// The move made before tuning.
    pub relocation: Option<Move>,
    /// Why there was no move, in words.
    pub not_moved: Option<String>,
    /// The reward of the *previous* epoch's move: it becomes known when this epoch is scored.
    pub reward: Option<f64>,
    /// Where the time went.
    #[serde(default)]
    pub seconds: Seconds,
}

/// Loss and accuracy on one split.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Mean cross-entropy, nats.
    #[serde(deserialize_with = "or_nan")]
    pub loss: f64,
    /// Fraction classified right.
    #[serde(deserialize_with = "or_nan")]
    pub top1: f64,
}

/// The idleness scores of all prompts: the loss is expected to change by minus the score when the
/// prompt is removed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct IdlenessRecord {
    /// Which score: `gate`, `attention` or `norm`.
    pub kind: String,
    /// `[K]` in row order of the prompt bank.
    #[serde(deserialize_with = "list_or_nan")]
    pub per_prompt: Vec<f64>,
    /// `[L]` sums over each block's prompts.
    #[serde(deserialize_with = "list_or_nan")]
    pub per_block: Vec<f64>,
    /// The largest score.
    #[serde(deserialize_with = "or_nan")]
    pub max: f64,
}

/// One prompt's move. `from == to` if the allocator sent it back where it came from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Move {
    /// The prompt's row in the bank.
    pub prompt: usize,
    /// The block it left, counted from 0.
    pub from: usize,
    /// The block it went to, counted from 0.
    pub to: usize,
    /// Its idleness score.
    #[serde(deserialize_with = "or_nan")]
    pub idleness: f64,
    /// The true change of the loss when it was removed, if that was verified.
    pub verified: Option<f64>,
    /// The allocator's probability of the block it chose.
    pub probability: Option<f64>,
    /// What became of its value: `scale`, `keep` or `resample`.
    pub rebirth: String,
}

/// Wall-clock seconds of an epoch, by what they were spent on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Seconds {
    /// Scoring the prompts.
    #[serde(deserialize_with = "or_nan")]
    pub score: f64,
    /// Verifying candidates and moving one.
    #[serde(deserialize_with = "or_nan")]
    pub verify: f64,
    /// Tuning.
    #[serde(deserialize_with = "or_nan")]
    pub tune: f64,
    /// Evaluating.
    #[serde(deserialize_with = "or_nan")]
    pub evaluate: f64,
}

impl Seconds {
    /// The sum of all four.
    pub fn total(&self) -> f64 {
        self.score + self.verify + self.tune + self.evaluate
    }
}
