//! What further prompts would do to the loss, of any number of rows at once: they stand beside the
//! prompts as ghosts, whose attention changes nothing, and the way back tells.
//!
//! For a ghost with key k and value v, over images, heads and queries with output o and its gradient
//! g: `S+ = sum m (g v - g o)`, where `m = exp(q k - lse)` is the attention that it would take. It is
//! the mirror of the idleness by attention, and exact to first order in m.

use crate::error::Error;
use crate::learn::beside::faintness;
use crate::learn::clip;
use crate::learn::model::{Model, Stepping};
use crate::learn::parameters::Parameters;
use crate::learn::source::Source;
use crate::relocate::candidate::Candidate;

/// What a pass with candidates beside the prompts says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Appraisal {
    /// By how much the mean loss would change, of each candidate; negative where it would fall.
    pub(crate) changes: Vec<f64>,
    /// The gradient of that by each candidate's row.
    pub(crate) slopes: Vec<Vec<f32>>,
}

impl Appraisal {
    /// Euclidean norms of the gradients.
    pub(crate) fn slope_norms(&self) -> impl Iterator<Item = f64> {
        self.slopes.iter().map(|slope| clip::squares(slope).sqrt())
    }
}

/// Candidates over the images at `indices`, in batches of so many.
pub(crate) fn appraise(
    model: &Model<'_>,
    source: &Source<'_>,
    (indices, batch_size): (&[usize], usize),
    candidates: &[Candidate],
) -> Result<Appraisal, Error> {
    let mut sum = Appraisal::default();
    for batch in indices.chunks(batch_size.max(1)) {
        let share = batch.len() as f64 / indices.len() as f64;
        sum.add(&appraise_batch(model, source, batch, candidates)?, share);
    }
    Ok(sum)
}

/// The same over one batch.
pub(crate) fn appraise_batch(
    model: &Model<'_>,
    source: &Source<'_>,
    batch: &[usize],
    candidates: &[Candidate],
) -> Result<Appraisal, Error> {
    let present = model.parameters.prompt_count();
    let parameters = model.parameters.with_ghosts(candidates.iter().map(Candidate::beside));
    let gradients = Model { parameters: &parameters, ..*model }.gradients(
        source,
        batch,
        Stepping::default(),
    )?;
    let changes = gradients.attention.iter().skip(present).map(|&a| f64::from(a) * faintness());
    let rows = (present..present + candidates.len())
        .map(|row| slope(&parameters, row, |name| gradients.learned.of(name)));
    Ok(Appraisal { changes: changes.collect(), slopes: rows.collect() })
}

/// The gradient by a ghost's row, as it would be if it were no ghost.
fn slope<'g>(
    parameters: &Parameters,
    row: usize,
    gradient: impl Fn(&str) -> &'g [f32],
) -> Vec<f32> {
    let Some(bank) = parameters.bank() else { return Vec::new() };
    let place = bank.place(row);
    let rows = gradient(&place.array).chunks_exact(place.width).skip(place.row);
    let scaled = |g: &f32| (f64::from(*g) * faintness()) as f32;
    rows.take(1).flatten().map(scaled).collect()
}

impl Appraisal {
    fn add(&mut self, part: &Self, share: f64) {
        self.changes.resize(part.changes.len(), 0.0);
        self.changes.iter_mut().zip(&part.changes).for_each(|(sum, change)| *sum += share * change);
        self.slopes.resize(part.slopes.len(), Vec::new());
        for (sum, slope) in self.slopes.iter_mut().zip(&part.slopes) {
            sum.resize(slope.len(), 0.0);
            sum.iter_mut().zip(slope).for_each(|(sum, g)| *sum += share as f32 * g);
        }
    }
}

#[cfg(test)]
mod tests;
