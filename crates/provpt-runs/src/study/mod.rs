//! How well scores tell what removing a prompt does, or putting one in, against the truth.

mod correlation;
mod insertion;
mod summary;

pub use insertion::{Foresight, InsertionRow, InsertionScore, InsertionStudy};
pub use summary::{
    Agreement, BlockAgreement, Choice, IdlenessScore, ScoreSummary, StudyRow, StudySummary,
};

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{Error, atomic, number::or_nan, records::load_json};

/// Every prompt removed once, in truth: `study.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct IdlenessStudy {
    /// The mean loss with all prompts, nats.
    #[serde(deserialize_with = "or_nan")]
    pub loss: f64,
    /// Images the losses are means over.
    pub images: usize,
    /// One row per prompt.
    pub rows: Vec<StudyRow>,
}

impl IdlenessStudy {
    /// What the rows say about each score.
    pub fn summary(&self) -> StudySummary {
        StudySummary::of(&self.rows)
    }

    /// Reads `study.json`.
    ///
    /// # Errors
    /// [`Error::Read`] or [`Error::Malformed`].
    pub fn load(path: &Path) -> Result<Self, Error> {
        load_json(path, "an idleness study")
    }

    /// Replaces `study.json` atomically.
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

    #[test]
    fn round_trip() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("study.json");
        let row = StudyRow { prompt: 1, block: 2, fresh: true, gate: 1e-9, ..StudyRow::default() };
        let study = IdlenessStudy { loss: 0.25, images: 400, rows: vec![row] };
        study.store(&path).unwrap();
        assert_eq!(IdlenessStudy::load(&path).unwrap(), study);
    }
}
