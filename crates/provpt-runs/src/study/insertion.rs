//! What further prompts would do in every block, in truth, beside what scores say of them.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::correlation::spearman;
use crate::{Error, atomic, number::or_nan, records::load_json};

/// Rows put into every block, one at a time: `insertion.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InsertionStudy {
    /// The mean loss as the run left it, nats.
    #[serde(deserialize_with = "or_nan")]
    pub loss: f64,
    /// Images the losses are means over.
    pub images: usize,
    /// Steps that each row was tuned for, alone.
    pub steps: usize,
    /// One for each row that was put in.
    pub rows: Vec<InsertionRow>,
}

/// A row that was put into a block. What scores say is a change of the loss that they expect, or
/// ranks as if it were: the lowest is the best.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InsertionRow {
    /// The block, counted from 0.
    pub block: usize,
    /// What it is: `token`, `resample` (drawn as prompts are), `keep` (a prompt of another block) or
    /// `demand`.
    pub kind: String,
    /// The change of the loss when it comes.
    #[serde(deserialize_with = "or_nan")]
    pub at_once: f64,
    /// The standard error of that over images.
    #[serde(deserialize_with = "or_nan")]
    pub error: f64,
    /// The change of the loss once it has been tuned.
    #[serde(deserialize_with = "or_nan")]
    pub tuned: f64,
    /// The change that its attention says, to first order.
    #[serde(deserialize_with = "or_nan")]
    pub insertion: f64,
    /// Minus the norm of the gradient by it.
    #[serde(deserialize_with = "or_nan")]
    pub gradient: f64,
    /// The change that the block's demand says, whatever the row.
    #[serde(deserialize_with = "or_nan")]
    pub demand: f64,
    /// A number drawn at random.
    #[serde(deserialize_with = "or_nan")]
    pub random: f64,
}

/// The scores that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InsertionScore {
    /// By attention, to first order.
    Insertion,
    /// By the norm of the gradient.
    Gradient,
    /// By what gradients of the block ask for.
    Demand,
    /// By chance.
    Random,
}

impl InsertionScore {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 4] = [Self::Insertion, Self::Gradient, Self::Demand, Self::Random];

    /// As the study's file calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Insertion => "insertion",
            Self::Gradient => "gradient",
            Self::Demand => "demand",
            Self::Random => "random",
        }
    }

    /// What it says of a row.
    pub fn of(self, row: &InsertionRow) -> f64 {
        match self {
            Self::Insertion => row.insertion,
            Self::Gradient => row.gradient,
            Self::Demand => row.demand,
            Self::Random => row.random,
        }
    }
}

/// How well a score tells what rows do.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Foresight {
    /// Spearman's rank correlation with the true change; 1 if it ranks all rows as they are.
    pub spearman: Option<f64>,
    /// How much higher the loss is with the row that it holds best than with the best one.
    pub regret: Option<f64>,
}

impl InsertionStudy {
    /// How well a score tells what rows do at once.
    pub fn at_once(&self, score: InsertionScore) -> Foresight {
        self.foresight(score, |row| row.at_once)
    }

    /// How well it tells what they do once they are tuned.
    pub fn tuned(&self, score: InsertionScore) -> Foresight {
        self.foresight(score, |row| row.tuned)
    }

    fn foresight(&self, score: InsertionScore, truth: fn(&InsertionRow) -> f64) -> Foresight {
        let pairs = || self.rows.iter().map(|row| (score.of(row), truth(row)));
        let finite = pairs().filter(|(score, truth)| score.is_finite() && truth.is_finite());
        let (scores, truths): (Vec<f64>, Vec<f64>) = finite.unzip();
        let first = (0..scores.len()).min_by(|&a, &b| scores[a].total_cmp(&scores[b]));
        let best = truths.iter().copied().min_by(f64::total_cmp);
        let regret = first.zip(best).map(|(first, best)| truths[first] - best);
        Foresight { spearman: spearman(&scores, &truths), regret }
    }

    /// Spearman's rank correlation of what rows do at once with what they do once they are tuned.
    pub fn agreement(&self) -> Option<f64> {
        let of = |truth: fn(&InsertionRow) -> f64| self.rows.iter().map(truth).collect::<Vec<_>>();
        spearman(&of(|row| row.at_once), &of(|row| row.tuned))
    }

    /// Reads `insertion.json`.
    ///
    /// # Errors
    /// [`Error::Read`] or [`Error::Malformed`].
    pub fn load(path: &Path) -> Result<Self, Error> {
        load_json(path, "an insertion study")
    }

    /// Replaces `insertion.json` atomically.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn store(&self, path: &Path) -> Result<(), Error> {
        atomic::write_json(path, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn study(rows: &[(f64, f64, f64)]) -> InsertionStudy {
        let row = |&(insertion, at_once, tuned): &(f64, f64, f64)| InsertionRow {
            insertion,
            at_once,
            tuned,
            gradient: -insertion,
            ..InsertionRow::default()
        };
        InsertionStudy { rows: rows.iter().map(row).collect(), ..InsertionStudy::default() }
    }

    #[test]
    fn a_score_is_judged_by_ranks_and_by_its_first_choice() {
        let study = study(&[(-3.0, -0.1, 0.5), (-1.0, -0.4, -0.5), (2.0, 0.3, -0.9)]);
        let foresight = study.at_once(InsertionScore::Insertion);
        // Ranks 1 2 3 against 2 1 3: 1 - 6 * 2 / (3 * 8).
        assert!(foresight.spearman.is_some_and(|r| (r - 0.5).abs() < 1e-12), "{foresight:?}");
        assert!(foresight.regret.is_some_and(|r| (r - 0.3).abs() < 1e-12), "{foresight:?}");
        let foresight = study.tuned(InsertionScore::Gradient);
        assert_eq!((foresight.spearman, foresight.regret), (Some(1.0), Some(0.0)));
        assert!(study.agreement().is_some_and(|r| (r + 0.5).abs() < 1e-12));
        let constant = study.at_once(InsertionScore::Demand);
        assert_eq!((constant.spearman, constant.regret.is_some()), (None, true));
        assert_eq!(InsertionStudy::default().at_once(InsertionScore::Random), Foresight::default());
    }

    #[test]
    fn round_trip() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("insertion.json");
        let study = InsertionStudy { steps: 20, images: 9, ..study(&[(1.0, 2.0, 3.0)]) };
        study.store(&path).unwrap();
        assert_eq!(InsertionStudy::load(&path).unwrap(), study);
    }
}
