use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use crate::number::{list_or_nan, or_nan};

/// What one epoch brought: a line of `metrics.jsonl`.
///
/// A number that is not finite (a diverged loss) is `null` in the file and NaN when read back; an
/// optional one reads back as `None`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
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
    /// Global gradient norm before clipping, mean over the epoch's steps.
    #[serde(deserialize_with = "or_nan")]
    pub grad_norm: f64,
    /// The idleness of the prompts before the move, if it was scored.
    pub idleness: Option<IdlenessRecord>,
    /// `[L]` prompts in each block, after the move. Empty for a method without prompts.
    #[serde(default)]
    pub distribution: Vec<usize>,
    /// What learns, where a move can change how many numbers that are.
    pub learned: Option<LearnedCount>,
    /// The move made before tuning.
    pub relocation: Option<Move>,
    /// Further moves made before tuning, each less good than the ones before it.
    #[serde(default)]
    pub more_moves: Vec<Move>,
    /// Prompts removed before tuning.
    #[serde(default)]
    pub pruned: usize,
    /// Why there was no move, in words.
    pub not_moved: Option<String>,
    /// The reward of the *previous* epoch's move: it becomes known when this epoch is scored.
    pub reward: Option<f64>,
    /// Where the time went.
    #[serde(default)]
    pub seconds: Seconds,
}

/// By hand for the sake of `test`: lines have always had this key, and it has always been `null`.
/// Test images are looked at when a run has ended, not while it learns.
impl Serialize for EpochRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            epoch,
            lr,
            train_loss,
            train_top1,
            score_loss,
            val,
            grad_norm,
            idleness,
            distribution,
            learned,
            relocation,
            more_moves,
            pruned,
            not_moved,
            reward,
            seconds,
        } = self;
        let rare = [learned.is_some(), !more_moves.is_empty(), *pruned > 0];
        let more = rare.into_iter().filter(|is_there| *is_there).count();
        let mut line = serializer.serialize_struct("EpochRecord", 14 + more)?;
        line.serialize_field("epoch", epoch)?;
        line.serialize_field("lr", lr)?;
        line.serialize_field("train_loss", train_loss)?;
        line.serialize_field("train_top1", train_top1)?;
        line.serialize_field("score_loss", score_loss)?;
        line.serialize_field("val", val)?;
        line.serialize_field("test", &None::<Score>)?;
        line.serialize_field("grad_norm", grad_norm)?;
        line.serialize_field("idleness", idleness)?;
        line.serialize_field("distribution", distribution)?;
        if let Some(learned) = learned {
            line.serialize_field("learned", learned)?;
        }
        line.serialize_field("relocation", relocation)?;
        if !more_moves.is_empty() {
            line.serialize_field("more_moves", more_moves)?;
        }
        if *pruned > 0 {
            line.serialize_field("pruned", pruned)?;
        }
        line.serialize_field("not_moved", not_moved)?;
        line.serialize_field("reward", reward)?;
        line.serialize_field("seconds", seconds)?;
        line.end()
    }
}

impl EpochRecord {
    /// All moves made before tuning, the best first.
    pub fn moves(&self) -> impl Iterator<Item = &Move> {
        self.relocation.iter().chain(&self.more_moves)
    }

    /// Which loss is not a finite number, if one is not: `training loss`, `validation loss`.
    pub fn diverged(&self) -> Option<&'static str> {
        let val = self.val.is_some_and(|val| !val.loss.is_finite());
        match self.train_loss.is_finite() {
            false => Some("training loss"),
            true => val.then_some("validation loss"),
        }
    }
}

/// How much learns in a network in stages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LearnedCount {
    /// Prompts.
    pub prompts: usize,
    /// Numbers in all: prompts of a later stage are wider.
    pub numbers: usize,
    /// Blocks of each stage.
    pub stages: Vec<usize>,
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

impl Score {
    /// The accuracy, unless the loss is not finite: predictions mean nothing then, although there
    /// may be as many right ones among them as in any guess.
    pub fn accuracy(&self) -> Option<f64> {
        (self.loss.is_finite() && self.top1.is_finite()).then_some(self.top1)
    }
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
    /// How far the loss truly fell when it was removed, or when it became what it is now, if that was
    /// verified.
    pub verified: Option<f64>,
    /// The standard error of that over images, of an exchange.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<f64>,
    /// The change of the loss that was expected of what came, of an exchange.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insertion: Option<f64>,
    /// The allocator's probability of the block it chose.
    pub probability: Option<f64>,
    /// What became of its value: `scale`, `keep`, `resample` or `carry`, or `token`, `demand` or
    /// `nursery`, which say what it became.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_form_it_always_had() {
        let moved = Move { prompt: 3, from: 1, to: 2, rebirth: "scale".into(), ..Move::default() };
        let record = EpochRecord {
            epoch: 4,
            lr: 0.5,
            train_loss: f64::NAN,
            val: Some(Score { loss: 1.5, top1: 0.25 }),
            distribution: vec![2, 1],
            relocation: Some(moved),
            seconds: Seconds { tune: 2.0, ..Seconds::default() },
            ..EpochRecord::default()
        };
        let line = serde_json::to_string(&record).unwrap();
        insta::assert_snapshot!(line, @r#"{"epoch":4,"lr":0.5,"train_loss":null,"train_top1":0.0,"score_loss":null,"val":{"loss":1.5,"top1":0.25},"test":null,"grad_norm":0.0,"idleness":null,"distribution":[2,1],"relocation":{"prompt":3,"from":1,"to":2,"idleness":0.0,"verified":null,"probability":null,"rebirth":"scale"},"not_moved":null,"reward":null,"seconds":{"score":0.0,"verify":0.0,"tune":2.0,"evaluate":0.0}}"#);
        let tested = line.replace(r#""test":null"#, r#""test":{"loss":1.0,"top1":0.5}"#);
        let read: EpochRecord = serde_json::from_str(&tested).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), line);
    }

    #[test]
    fn a_loss_that_is_not_finite_is_told_and_takes_the_accuracy_with_it() {
        let score = |loss| Score { loss, top1: 0.5 };
        let record = |train_loss, val| EpochRecord { train_loss, val, ..EpochRecord::default() };
        assert_eq!(record(1.0, Some(score(2.0))).diverged(), None);
        assert_eq!(record(1.0, None).diverged(), None);
        assert_eq!(record(f64::NAN, None).diverged(), Some("training loss"));
        let late = record(1.0, Some(score(f64::INFINITY)));
        assert_eq!(late.diverged(), Some("validation loss"));
        assert_eq!(late.val.and_then(|val| val.accuracy()), None);
        assert_eq!(score(0.0).accuracy(), Some(0.5));
        assert_eq!(Score { loss: 1.0, top1: f64::NAN }.accuracy(), None);
    }
}
