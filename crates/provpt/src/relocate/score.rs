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

/// A pass over the images at `indices`, with parameters as they are.
pub(crate) struct Pass<'a> {
    pub(crate) model: &'a Model<'a>,
    pub(crate) source: &'a Source<'a>,
    pub(crate) indices: &'a [usize],
    pub(crate) scoring: Scoring,
    /// Only the reference keeps prompt dropout on here.
    pub(crate) dropout: Option<&'a Dropout>,
}

impl Pass<'_> {
    /// Scores every prompt, if there are any; `watch` hears how many batches are done, and of how many.
    pub(crate) fn scores(&self, watch: impl FnMut(usize, usize)) -> Result<Option<Scores>, Error> {
        let [scores] = self.scores_by([self.scoring.idleness], watch)?;
        Ok(scores)
    }

    /// The same by several kinds of idleness, from the same gradients.
    pub(crate) fn scores_by<const N: usize>(
        &self,
        kinds: [Idleness; N],
        watch: impl FnMut(usize, usize),
    ) -> Result<[Option<Scores>; N], Error> {
        let Self { model, source, scoring, dropout, .. } = *self;
        if model.parameters.bank.is_none() {
            return Ok([const { None }; N]);
        }
        let prompts = model.parameters.prompt_count();
        let mut sums = kinds.map(|idleness| Scoring { idleness, ..scoring }.sum(prompts));
        let batches = Batches { order: self.indices, size: scoring.batch_size, showing: None };
        let stepping = Stepping { dropout, ..Stepping::default() };
        source.in_turn(model.engine, batches, watch, |batch| {
            let gradients = model.gradients(source, batch, stepping)?;
            sums.iter_mut().for_each(|sum| sum.add(&gradients, batch.len()));
            Ok(())
        })?;
        Ok(sums.map(|sum| sum.finish(model.parameters)))
    }
}
