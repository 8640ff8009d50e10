//! Top-1, loss and confusion of a model on a split.

use provpt_runs::ClassScore;

use crate::error::Error;
use crate::learn::model::Model;
use crate::learn::source::{EVAL_BATCH, Source};
use crate::math::vector::argmax;

/// How a model does on a split.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// Mean cross-entropy.
    pub loss: f64,
    /// Share of images whose largest logit is their label's, 0..1.
    pub top1: f64,
    /// `confusion[label][prediction]`, images.
    pub confusion: Vec<Vec<u64>>,
}

impl Evaluation {
    /// Right answers per class; `classes` are the names, in the order of the labels.
    pub fn per_class(&self, classes: &[String]) -> Vec<ClassScore> {
        let rows = classes.iter().zip(&self.confusion).enumerate();
        rows.map(|(class, (name, row))| ClassScore {
            name: name.clone(),
            correct: row[class],
            total: row.iter().sum(),
        })
        .collect()
    }
}

/// Runs the whole split; `watch` hears how many batches are done, and of how many.
pub(crate) fn evaluate(
    model: &Model<'_>,
    source: &Source<'_>,
    mut watch: impl FnMut(usize, usize),
) -> Result<Evaluation, Error> {
    let head = model.head();
    let classes = head.classes();
    let mut confusion = vec![vec![0; classes]; classes];
    let mut loss = 0.0;
    let indices: Vec<usize> = (0..source.len()).collect();
    let batches = indices.chunks(EVAL_BATCH);
    let total = batches.len();
    for (done, batch) in batches.enumerate() {
        let features = model.features(source, batch)?;
        let labels = source.labels(batch);
        if let Some(&got) = labels.iter().find(|&&label| label >= classes) {
            return Err(Error::Label { classes, got });
        }
        loss += head.losses(&features, &labels).iter().sum::<f64>();
        let logits = head.logits(&features);
        for (row, &label) in logits.chunks_exact(classes).zip(&labels) {
            confusion[label][argmax(row)] += 1;
        }
        watch(done + 1, total);
    }
    if !loss.is_finite() {
        return Err(Error::NotFinite {
            what: "loss",
            of: format!("evaluating {} images", source.len()),
        });
    }
    let correct: u64 = (0..classes).map(|c| confusion[c][c]).sum();
    let total = source.len().max(1) as f64;
    Ok(Evaluation { loss: loss / total, top1: correct as f64 / total, confusion })
}
