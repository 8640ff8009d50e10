//! Scoring passes: idleness and training loss at fixed parameters.

use crate::config::{Fidelity, Idleness};
use crate::dropout::Dropout;
use crate::error::Error;
use crate::idleness::{ScoreSum, ScoredBatch, Scores};
use crate::model::{BatchGradients, Model};
use crate::source::Source;

/// How scores are made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scoring {
    pub(crate) idleness: Idleness,
    pub(crate) fidelity: Fidelity,
    pub(crate) clip_norm: f64,
    pub(crate) batch_size: usize,
}

impl Scoring {
    pub(crate) fn sum(&self, prompts: usize) -> ScoreSum {
        ScoreSum::new(self.idleness, self.fidelity, self.clip_norm, prompts)
    }
}

impl BatchGradients {
    pub(crate) fn scored(&self, images: usize) -> ScoredBatch<'_> {
        ScoredBatch {
            gradients: &self.prompts,
            head: [&self.d_weight, &self.d_bias],
            loss: self.loss,
            images,
        }
    }
}

/// Scores every prompt over the images at `indices`, batch by batch. Only the reference keeps
/// prompt dropout on here; `watch` hears of batches done.
pub(crate) fn score(
    model: &Model<'_>,
    source: &Source<'_>,
    indices: &[usize],
    scoring: &Scoring,
    dropout: Option<&Dropout>,
    mut watch: impl FnMut(usize),
) -> Result<Option<Scores>, Error> {
    let Some(bank) = model.bank else { return Ok(None) };
    let mut sum = scoring.sum(bank.len());
    for (done, batch) in indices.chunks(scoring.batch_size).enumerate() {
        let gradients = model.gradients(source, batch, None, dropout)?;
        sum.add(&gradients.scored(batch.len()));
        watch(done + 1);
    }
    Ok(sum.finish(bank))
}
