//! The truth about exchanges: losses of the same images with a prompt left out, with another one
//! beside the rest, or both. Forward passes only.

use crate::error::Error;
use crate::learn::model::Model;
use crate::learn::parameters::Parameters;
use crate::learn::source::{EVAL_BATCH, Source};
use crate::relocate::candidate::Candidate;

/// A prompt that leaves, a row that comes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exchange<'a> {
    pub(crate) leaves: Option<usize>,
    pub(crate) comes: Option<&'a Candidate>,
}

/// How losses of some images change, image by image.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Change {
    /// Negative where the loss falls.
    pub(crate) mean: f64,
    /// The standard error of the mean.
    pub(crate) error: f64,
}

impl Change {
    /// Of the same images before and after.
    pub(crate) fn paired(before: &[f64], after: &[f64]) -> Self {
        let count = before.len().max(1) as f64;
        let changes = || before.iter().zip(after).map(|(before, after)| after - before);
        let mean = changes().sum::<f64>() / count;
        let squares: f64 = changes().map(|change| (change - mean).powi(2)).sum();
        // One image says nothing of how others differ.
        let error =
            if count > 1.0 { (squares / (count - 1.0) / count).sqrt() } else { f64::INFINITY };
        Self { mean, error }
    }

    /// Whether the loss falls by more than chance explains: by two standard errors.
    pub(crate) fn helps(self) -> bool {
        self.mean < -2.0 * self.error
    }
}

/// The loss of each of the images at `indices`.
pub(crate) fn image_losses(
    model: &Model<'_>,
    source: &Source<'_>,
    indices: &[usize],
) -> Result<Vec<f64>, Error> {
    let mut losses = Vec::with_capacity(indices.len());
    for batch in indices.chunks(EVAL_BATCH) {
        let features = model.features(source, batch)?;
        losses.extend(model.losses(&features, &source.labels(batch)));
    }
    Ok(losses)
}

/// How the losses of the images at `indices` change by each exchange; `before` are those losses.
/// `watch` hears how many exchanges are done, and of how many.
pub(crate) fn exchange_changes(
    model: &Model<'_>,
    source: &Source<'_>,
    (indices, before): (&[usize], &[f64]),
    exchanges: &[Exchange<'_>],
    mut watch: impl FnMut(usize, usize),
) -> Result<Vec<Change>, Error> {
    let mut changes = Vec::with_capacity(exchanges.len());
    for exchange in exchanges {
        let parameters = exchange.in_place(model.parameters);
        let after = Model { parameters: &parameters, ..*model };
        changes.push(Change::paired(before, &image_losses(&after, source, indices)?));
        watch(changes.len(), exchanges.len());
    }
    Ok(changes)
}

impl Exchange<'_> {
    fn in_place(&self, parameters: &Parameters) -> Parameters {
        let joined = match self.comes {
            Some(candidate) => parameters.with_rows([candidate.beside()]),
            None => parameters.clone(),
        };
        match self.leaves {
            Some(prompt) => joined.hiding(prompt),
            None => joined,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::objective::Objective;
    use crate::relocate::candidate::Origin;
    use crate::relocate::verify::removal_changes;
    use crate::sample;

    #[test]
    fn differences_are_paired_by_image() {
        let before = [1.0, 10.0, 100.0, 5.0];
        let change = Change::paired(&before, &[0.5, 9.0, 99.5, 4.0]);
        assert!((change.mean + 0.75).abs() < 1e-12, "{change:?}");
        // Deviations of 0.25 each: 0.25 / 3 over 4 images.
        assert!((change.error - (0.25_f64 / 3.0 / 4.0).sqrt()).abs() < 1e-12, "{change:?}");
        assert!(change.helps());
        assert!(!Change { mean: -0.2, error: 0.1 }.helps());
        assert!(!Change::paired(&[1.0], &[0.0]).helps(), "one image is no proof");
    }

    #[test]
    fn what_leaves_and_comes_back_changes_nothing_and_what_only_leaves_is_removed() {
        let (engine, split) = (sample::engine(), sample::split(8));
        let source = Source::new(&split, sample::preprocess()).unwrap();
        let parameters = sample::parameters(&engine);
        let model = Model { engine: &engine, parameters: &parameters, objective: Objective::PLAIN };
        let indices: Vec<usize> = (0..8).collect();
        let before = image_losses(&model, &source, &indices).unwrap();
        let block = parameters.bank().unwrap().block_of()[5];
        let row = parameters.row(5).to_vec();
        let same = Candidate { block, row, origin: Origin::Prompt(5) };
        let exchanges = [
            Exchange { leaves: Some(5), comes: Some(&same) },
            Exchange { leaves: Some(5), comes: None },
            Exchange { leaves: None, comes: Some(&same) },
        ];
        let looks = (&indices[..], &before[..]);
        let changes = exchange_changes(&model, &source, looks, &exchanges, |_, _| {}).unwrap();
        assert!(changes[0].mean.abs() < 1e-6 && changes[0].error < 1e-6, "{changes:?}");
        let removed = removal_changes(&model, &source, &indices, &[5], |_, _| {}).unwrap()[0];
        assert!(removed.abs() > 1e-4, "{removed}");
        assert!((changes[1].mean - removed).abs() < 1e-6, "{changes:?} {removed}");
        assert!(changes[2].mean.abs() > 1e-5, "{changes:?}");
    }
}
