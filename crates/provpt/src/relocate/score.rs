//! Scoring passes: idleness and training loss at fixed parameters.

use crate::config::{Config, Fidelity, Idleness};
use crate::error::Error;
use crate::learn::ahead::Batches;
use crate::learn::dropout::Dropout;
use crate::learn::model::{Model, Stepping};
use crate::learn::source::Source;
use crate::relocate::idleness::{ScoreSum, Scores};

/// How scores are made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scoring {
    pub(crate) idleness: Idleness,
    pub(crate) fidelity: Fidelity,
    pub(crate) clip_norm: f64,
    pub(crate) batch_size: usize,
}

impl Scoring {
    pub(crate) fn of(config: &Config) -> Self {
        let prompt = &config.model.prompt;
        Self {
            idleness: config.idleness(),
            fidelity: prompt.fidelity,
            clip_norm: prompt.clip_norm,
            batch_size: config.data.batch_size,
        }
    }

    pub(crate) fn sum(&self, prompts: usize) -> ScoreSum {
        ScoreSum::new(self.idleness, self.fidelity, self.clip_norm, prompts)
    }
}

/// Scores every prompt over the images at `indices`, batch by batch. Only the reference keeps
/// prompt dropout on here; `watch` hears how many batches are done, and of how many.
pub(crate) fn score(
    model: &Model<'_>,
    source: &Source<'_>,
    indices: &[usize],
    scoring: &Scoring,
    dropout: Option<&Dropout>,
    watch: impl FnMut(usize, usize),
) -> Result<Option<Scores>, Error> {
    let kinds = [scoring.idleness];
    let [scores] = score_by(kinds, model, source, indices, scoring, dropout, watch)?;
    Ok(scores)
}

/// The same by several kinds of idleness, from the same gradients.
pub(crate) fn score_by<const N: usize>(
    kinds: [Idleness; N],
    model: &Model<'_>,
    source: &Source<'_>,
    indices: &[usize],
    scoring: &Scoring,
    dropout: Option<&Dropout>,
    watch: impl FnMut(usize, usize),
) -> Result<[Option<Scores>; N], Error> {
    if model.parameters.bank.is_none() {
        return Ok([const { None }; N]);
    }
    let prompts = model.parameters.prompt_count();
    let mut sums = kinds.map(|idleness| Scoring { idleness, ..*scoring }.sum(prompts));
    let batches = Batches { order: indices, size: scoring.batch_size, showing: None };
    let stepping = Stepping { dropout, ..Stepping::default() };
    source.in_turn(model.engine, batches, watch, |batch| {
        let gradients = model.gradients(source, batch, stepping)?;
        sums.iter_mut().for_each(|sum| sum.add(&gradients, batch.len()));
        Ok(())
    })?;
    Ok(sums.map(|sum| sum.finish(model.parameters)))
}
