//! The truth about removal: losses with one prompt left out.

use crate::error::Error;
use crate::learn::ahead::Batches;
use crate::learn::model::Model;
use crate::learn::source::{EVAL_BATCH, Source};
use crate::math::order::shuffled;
use provpt_base::{Purpose, stream};

/// The images that verification looks at: the same ones for the whole run.
pub(crate) fn subset(seed: u64, images: usize, samples: usize) -> Vec<usize> {
    let mut indices = shuffled(images, &mut stream(seed, Purpose::Verify, [0, 0]));
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
    watch: impl FnMut(usize, usize),
) -> Result<Vec<f64>, Error> {
    if model.parameters.bank.is_none() {
        return Ok(Vec::new());
    }
    let mut sums = vec![0.0; 1 + rows.len()];
    let batches = Batches { order: indices, size: EVAL_BATCH, showing: None };
    source.in_turn(model.engine, batches, watch, |batch| {
        let labels = source.labels(batch);
        let all = model.with_tuned(|tuned| -> Result<_, Error> {
            let images = source.batch(model.engine, model.entry(tuned)?, batch, None)?;
            Ok(model.engine.leave_one_out(images.images(), tuned, rows)?)
        })?;
        for (sum, features) in sums.iter_mut().zip(&all) {
            *sum += model.losses(features, &labels).iter().sum::<f64>();
        }
        Ok(())
    })?;
    let images = indices.len().max(1) as f64;
    Ok(sums[1..].iter().map(|sum| (sum - sums[0]) / images).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::objective::Objective;
    use crate::sample;

    #[test]
    fn the_same_images_are_looked_at_for_the_whole_run() {
        let images = subset(1, 40, 12);
        assert_eq!((images.len(), subset(1, 40, 12)), (12, images.clone()));
        assert_ne!(images, subset(2, 40, 12));
        assert_ne!(images, (0..12).collect::<Vec<_>>(), "not the first ones");
        let mut all = subset(1, 40, 99);
        assert_eq!(all[..12], images);
        all.sort_unstable();
        assert_eq!(all, (0..40).collect::<Vec<_>>());
        assert_eq!(subset(1, 40, 0).len(), 1);
    }

    #[test]
    fn changes_are_means_over_images_however_many_batches_they_make() {
        let (engine, split) = (sample::engine(), sample::split(EVAL_BATCH + 6));
        let source = Source::new(&split, sample::preprocess()).unwrap();
        let parameters = sample::parameters(&engine);
        let model = Model { engine: &engine, parameters: &parameters, objective: Objective::PLAIN };
        let rows = [1, 4];
        let mut watched = Vec::new();
        let mut changes = |images: &[usize]| {
            let watch = |done, total| watched.push((done, total));
            removal_changes(&model, &source, images, &rows, watch).unwrap()
        };
        let all: Vec<usize> = (0..split.len()).collect();
        let (first, last) = all.split_at(20);
        let (whole, first, last) = (changes(&all), changes(first), changes(last));
        for row in 0..rows.len() {
            let sum = 20.0 * first[row] + (EVAL_BATCH - 14) as f64 * last[row];
            let expected = sum / (EVAL_BATCH + 6) as f64;
            assert!(expected.abs() > 1e-6, "{expected}");
            assert!((whole[row] - expected).abs() < 1e-8, "{} and {expected}", whole[row]);
        }
        assert_eq!(changes(&[]), [0.0; 2]);
        assert_eq!(watched, [(1, 2), (2, 2), (1, 1), (1, 1)]);
    }

    #[test]
    fn without_prompts_nothing_can_be_removed() {
        let (engine, split) = (sample::engine(), sample::split(2));
        let source = Source::new(&split, sample::preprocess()).unwrap();
        let mut parameters = sample::parameters(&engine);
        parameters.bank = None;
        let model = Model { engine: &engine, parameters: &parameters, objective: Objective::PLAIN };
        let changes = removal_changes(&model, &source, &[0, 1], &[0], |_, _| {}).unwrap();
        assert!(changes.is_empty(), "{changes:?}");
    }
}
