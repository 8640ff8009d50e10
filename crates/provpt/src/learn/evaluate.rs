//! Top-1, loss and confusion of a model on a split.

use provpt_runs::ClassScore;

use crate::error::Error;
use crate::learn::ahead::Batches;
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
    watch: impl FnMut(usize, usize),
) -> Result<Evaluation, Error> {
    let order: Vec<usize> = (0..source.len()).collect();
    let batches = Batches { order: &order, size: EVAL_BATCH, showing: None };
    let head = model.head();
    let classes = head.classes();
    let mut confusion = vec![vec![0; classes]; classes];
    let mut loss = 0.0;
    source.in_turn(model.engine, batches, watch, |batch| {
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
        Ok(())
    })?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::head::Head;
    use crate::learn::objective::Objective;
    use crate::learn::parameters::Parameters;
    use crate::sample;

    #[test]
    fn numbers_are_means_over_images_however_many_batches_they_make() {
        let (engine, split) = (sample::engine(), sample::split(EVAL_BATCH + 6));
        let source = Source::new(&split, sample::preprocess()).unwrap();
        let parameters = sample::parameters(&engine);
        let model = Model { engine: &engine, parameters: &parameters, objective: Objective::PLAIN };
        let mut watched = Vec::new();
        let got = evaluate(&model, &source, |done, total| watched.push((done, total))).unwrap();
        assert_eq!(watched, [(1, 2), (2, 2)]);

        let head = model.head();
        let (mut loss, mut confusion) = (0.0, vec![vec![0; 2]; 2]);
        for (image, &label) in split.labels().iter().enumerate() {
            let features = model.features(&source, &[image]).unwrap();
            let logits = head.logits(&features);
            loss += head.losses(&features, &[label])[0];
            confusion[label][usize::from(logits[1] > logits[0])] += 1;
        }
        assert_eq!(got.confusion, confusion);
        assert_ne!(confusion[0][1], confusion[1][0], "rows and columns can be told apart");
        let images = split.len() as f64;
        assert!((got.loss - loss / images).abs() < 1e-5, "{} and {}", got.loss, loss / images);
        assert_eq!(got.top1, (confusion[0][0] + confusion[1][1]) as f64 / images);
        let classes = got.per_class(&["across".to_owned(), "down".to_owned()]);
        let told: Vec<_> = classes.iter().map(|c| (&*c.name, c.correct, c.total)).collect();
        assert_eq!(told, [("across", confusion[0][0], 35), ("down", confusion[1][1], 35)]);
    }

    #[test]
    fn a_label_that_is_no_class_is_an_error() {
        let (engine, split) = (sample::engine(), sample::split(2));
        let source = Source::new(&split, sample::preprocess()).unwrap();
        let width = engine.architecture().width;
        let set = Head::arrays(1, vec![0.0; width], vec![0.0]).into_iter().collect();
        let parameters = Parameters { set, bank: None };
        let model = Model { engine: &engine, parameters: &parameters, objective: Objective::PLAIN };
        let error = evaluate(&model, &source, |_, _| {}).unwrap_err().to_string();
        assert!(error.contains("got 1"), "{error}");
    }
}
