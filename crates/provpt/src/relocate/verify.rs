//! The truth about removal: losses with one prompt left out.

use rand::seq::SliceRandom;

use crate::error::Error;
use crate::learn::model::Model;
use crate::learn::source::{EVAL_BATCH, Source};
use provpt_base::{Purpose, stream};

/// The images that verification looks at: the same ones for the whole run.
pub(crate) fn subset(seed: u64, images: usize, samples: usize) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..images).collect();
    indices.shuffle(&mut stream(seed, Purpose::Verify, [0, 0]));
    indices.truncate(samples.max(1));
    indices
}

/// How the mean loss over the images at `indices` changes when each of `rows` is removed in turn;
/// negative where removal helps. Forward passes only, and only from the prompt's block on; `watch`
/// hears how many batches are done, and of how many.
pub(crate) fn removal_changes(
    model: &Model<'_>,
    source: &Source<'_>,
    indices: &[usize],
    rows: &[usize],
    mut watch: impl FnMut(usize, usize),
) -> Result<Vec<f64>, Error> {
    let Some(bank) = &model.parameters.bank else { return Ok(Vec::new()) };
    let prompts = model.parameters.prompts();
    let mut sums = vec![0.0; 1 + rows.len()];
    let batches = indices.chunks(EVAL_BATCH);
    let total = batches.len();
    for (done, batch) in batches.enumerate() {
        let images = source.batch(model.engine, bank.first_block(), batch, None)?;
        let labels = source.labels(batch);
        let all = model.engine.leave_one_out(images.images(), &prompts, rows)?;
        for (sum, features) in sums.iter_mut().zip(&all) {
            *sum += model.losses(features, &labels).iter().sum::<f64>();
        }
        watch(done + 1, total);
    }
    let images = indices.len().max(1) as f64;
    Ok(sums[1..].iter().map(|sum| (sum - sums[0]) / images).collect())
}
