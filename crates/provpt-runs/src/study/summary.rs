use serde::{Deserialize, Serialize};

use super::correlation::{is_constant, pearson, spearman};
use crate::number::or_nan;

/// Candidates that verification looks at: the default of `model.prompt.verify`.
const VERIFIED: usize = 4;

/// One prompt: what its removal does, and what each score says of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct StudyRow {
    /// The prompt's row in the bank.
    pub prompt: usize,
    /// The block it lives in, counted from 0.
    pub block: usize,
    /// Whether it has only just been moved there.
    pub fresh: bool,
    /// The change of the loss when it is removed; negative if the loss falls.
    #[serde(deserialize_with = "or_nan")]
    pub true_change: f64,
    /// Its `gate` score.
    #[serde(deserialize_with = "or_nan")]
    pub gate: f64,
    /// Its `attention` score.
    #[serde(deserialize_with = "or_nan")]
    pub attention: f64,
    /// Its `effect` score; NaN in a study that is older than this score.
    #[serde(default = "missing", deserialize_with = "or_nan")]
    pub effect: f64,
    /// Its `norm` score.
    #[serde(deserialize_with = "or_nan")]
    pub norm: f64,
}

fn missing() -> f64 {
    f64::NAN
}

/// The scores that are compared. Each is largest for the prompt it holds most idle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum IdlenessScore {
    /// The gate on the prompt's value (published).
    Gate,
    /// The gate on the prompt's attention mass.
    Attention,
    /// How far the gate changes the loss of a batch, up or down.
    Effect,
    /// The prompt's share of its block's norms.
    Norm,
}

impl IdlenessScore {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 4] = [Self::Gate, Self::Attention, Self::Effect, Self::Norm];

    /// The name in configurations: `gate`, `attention`, `effect`, `norm`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::Attention => "attention",
            Self::Effect => "effect",
            Self::Norm => "norm",
        }
    }

    /// The row's value of this score.
    pub fn of(self, row: &StudyRow) -> f64 {
        match self {
            Self::Gate => row.gate,
            Self::Attention => row.attention,
            Self::Effect => row.effect,
            Self::Norm => row.norm,
        }
    }
}

/// What a study says about each score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StudySummary {
    /// Prompts studied.
    pub prompts: usize,
    /// How many of them were freshly moved.
    pub fresh: usize,
    /// One entry per score, in the order of [`IdlenessScore::ALL`].
    pub scores: Vec<ScoreSummary>,
}

/// What a study says about one score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScoreSummary {
    /// Which score.
    pub score: IdlenessScore,
    /// Over all prompts.
    pub all: Agreement,
    /// Over the prompts that were not freshly moved.
    pub settled: Agreement,
    /// Block by block; blocks without prompts are left out.
    pub blocks: Vec<BlockAgreement>,
}

/// The agreement within one block.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BlockAgreement {
    /// The block, counted from 0.
    pub block: usize,
    /// Over all its prompts.
    pub all: Agreement,
    /// Over its prompts that were not freshly moved.
    pub settled: Agreement,
}

/// How well a score agrees with the true idleness (minus the change of the loss) over some
/// prompts. Everything is `None` for fewer than three prompts or a constant score. Prompts with a
/// number that is not finite do not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Agreement {
    /// Prompts compared.
    pub prompts: usize,
    /// Pearson's correlation coefficient.
    pub pearson: Option<f64>,
    /// Spearman's rank correlation coefficient, ties averaged.
    pub spearman: Option<f64>,
    /// Spearman's coefficient with minus the size of the change: whether the score is large for
    /// prompts whose removal does little, up or down. Those are the ones that may leave.
    pub little: Option<f64>,
    /// The prompt with the largest score; the first one of equals.
    pub first: Option<Choice>,
    /// The truly most idle one of the four with the largest scores.
    pub verified: Option<Choice>,
}

/// A prompt that a score would move, and where it stands in truth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Choice {
    /// The prompt's row in the bank.
    pub prompt: usize,
    /// The change of the loss when it is removed.
    pub true_change: f64,
    /// Its place in the true ranking: 1 for the prompt whose removal leaves the lowest loss.
    pub rank: usize,
    /// Whether it is among the truly best tenth (rounded down, but at least one).
    pub among_best: bool,
}

impl StudySummary {
    /// Compares the scores over the rows of a study.
    pub fn of(rows: &[StudyRow]) -> Self {
        Self {
            prompts: rows.len(),
            fresh: rows.iter().filter(|row| row.fresh).count(),
            scores: IdlenessScore::ALL.map(|score| ScoreSummary::of(rows, score)).to_vec(),
        }
    }
}

impl ScoreSummary {
    fn of(rows: &[StudyRow], score: IdlenessScore) -> Self {
        let agreement = |block: Option<usize>, with_fresh: bool| {
            let here = |row: &&StudyRow| block.is_none_or(|b| b == row.block);
            let rows = rows.iter().filter(here).filter(|row| with_fresh || !row.fresh);
            Agreement::of(rows, score)
        };
        let mut blocks: Vec<usize> = rows.iter().map(|row| row.block).collect();
        blocks.sort_unstable();
        blocks.dedup();
        let block = |block| BlockAgreement {
            block,
            all: agreement(Some(block), true),
            settled: agreement(Some(block), false),
        };
        Self {
            score,
            all: agreement(None, true),
            settled: agreement(None, false),
            blocks: blocks.into_iter().map(block).collect(),
        }
    }
}

impl Agreement {
    fn of<'a>(rows: impl Iterator<Item = &'a StudyRow>, score: IdlenessScore) -> Self {
        let finite = |row: &&StudyRow| score.of(row).is_finite() && row.true_change.is_finite();
        let rows: Vec<&StudyRow> = rows.filter(finite).collect();
        let scores: Vec<f64> = rows.iter().map(|row| score.of(row)).collect();
        let truth: Vec<f64> = rows.iter().map(|row| -row.true_change).collect();
        if rows.len() < 3 || is_constant(&scores) {
            return Self { prompts: rows.len(), ..Self::default() };
        }
        let mut order: Vec<usize> = (0..rows.len()).collect();
        // A stable sort: of equal scores the first row is the first choice, as in training.
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        let candidates = order.iter().take(VERIFIED).copied();
        let best = candidates.min_by(|&a, &b| rows[a].true_change.total_cmp(&rows[b].true_change));
        Self {
            prompts: rows.len(),
            pearson: pearson(&scores, &truth),
            spearman: spearman(&scores, &truth),
            little: spearman(
                &scores,
                &truth.iter().map(|change| -change.abs()).collect::<Vec<_>>(),
            ),
            first: order.first().map(|&index| Choice::of(&rows, index)),
            verified: best.map(|index| Choice::of(&rows, index)),
        }
    }
}

impl Choice {
    fn of(rows: &[&StudyRow], index: usize) -> Self {
        let StudyRow { prompt, true_change, .. } = *rows[index];
        let rank = 1 + rows.iter().filter(|row| row.true_change < true_change).count();
        Self { prompt, true_change, rank, among_best: rank <= (rows.len() / 10).max(1) }
    }
}

#[cfg(test)]
#[path = "summary_tests.rs"]
mod tests;
