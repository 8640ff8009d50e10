//! The truth about removal: losses with one prompt left out.

use crate::error::Error;
use crate::model::Model;
use crate::source::{EVAL_BATCH, Source};

/// How the mean loss over the images at `indices` changes when each of `rows` is removed in turn;
/// negative where removal helps. Forward passes only, and only from the prompt's block on.
pub(crate) fn removal_changes(
    model: &Model<'_>,
    source: &Source<'_>,
    indices: &[usize],
    rows: &[usize],
) -> Result<Vec<f64>, Error> {
    let Some(bank) = model.bank else { return Ok(Vec::new()) };
    let mut sums = vec![0.0; 1 + rows.len()];
    for batch in indices.chunks(EVAL_BATCH) {
        let images = source.batch(model.engine, bank.first_block(), batch, None)?;
        let labels = source.labels(batch);
        let all = model.engine.leave_one_out(images.images(), &bank.prompts(), rows)?;
        for (sum, features) in sums.iter_mut().zip(&all) {
            *sum += model.head.losses(features, &labels).iter().sum::<f64>();
        }
    }
    let images = indices.len().max(1) as f64;
    Ok(sums[1..].iter().map(|sum| (sum - sums[0]) / images).collect())
}
