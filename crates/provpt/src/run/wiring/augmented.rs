//! Images that training sees otherwise than evaluation does.

use provpt_data::Preprocess;
use provpt_runs::Metrics;

use super::{Memory, config, setup, trained};
use crate::config::{Config, Crop};
use crate::learn::model::Stepping;
use crate::learn::showing::Showing;
use crate::learn::source::Source;
use crate::observer::Silent;
use crate::run::recorder::Saved;
use crate::run::trainer::Trainer;
use crate::setup::Setup;

const WAYS: [fn(&mut Config); 6] = [
    |config| config.data.augment.crop = Some(Crop::Resized),
    |config| config.data.augment.flip = Some(true),
    |config| config.data.augment.color_jitter = 0.4,
    |config| config.data.augment.rand_augment = 2,
    |config| config.data.augment.mixup = 0.8,
    |config| config.data.augment.cutmix = 1.0,
];

fn still(change: fn(&mut Config)) -> Setup {
    setup(&config(|config| {
        config.solver.base_lr = 0.0;
        config.solver.total_epoch = 2;
        change(config);
    }))
}

#[test]
fn every_way_shows_training_something_else_and_evaluation_the_same() {
    let (plain, _) = trained(&still(|_| {}));
    for (number, way) in WAYS.into_iter().enumerate() {
        let (other, _) = trained(&still(way));
        let pairs = plain.records.iter().zip(&other.records);
        for (plain, other) in pairs {
            assert_ne!(plain.train_loss, other.train_loss, "{number}");
            assert_eq!(plain.val, other.val, "{number}");
            assert_eq!(plain.score_loss, other.score_loss, "{number}");
        }
        let losses: Vec<f64> = other.records.iter().map(|record| record.train_loss).collect();
        assert_ne!(losses[0], losses[1], "{number}: epochs differ");
    }
}

#[test]
fn an_augmented_run_that_goes_on_is_the_same_run() {
    for hidden in [0, 1] {
        let setup = setup(&config(|config| {
            WAYS.iter().for_each(|way| way(config));
            config.model.mlp_num = hidden;
            config.solver.total_epoch = 3;
        }));
        let (whole, _) = trained(&setup);
        let (mut half, mut silent) = (Memory::default(), Silent);
        let mut trainer = Trainer::new(&setup, None, &mut half, &mut silent).unwrap();
        assert!(trainer.run(2).unwrap().is_none());
        let metrics = Metrics::from(half.records.clone());
        let (checkpoint, path) = (half.checkpoints.remove(1), "checkpoint".into());
        let saved = Saved { metrics, checkpoint, path, adapter: None, data: None };
        let mut rest = Memory::default();
        let mut trainer = Trainer::new(&setup, Some(saved), &mut rest, &mut silent).unwrap();
        trainer.run(usize::MAX).unwrap().unwrap();
        assert_eq!(rest.parameters.last(), whole.parameters.last(), "{hidden} hidden layers");
    }
}

/// A mixed image's loss is the mean of its losses as an image of either class, by their shares.
#[test]
fn the_loss_of_mixed_images_is_that_of_both_labels() {
    for hidden in [0, 1] {
        let setup = setup(&config(|config| {
            config.data.augment.mixup = 1.0;
            config.model.mlp_num = hidden;
        }));
        let Setup { engine, task, preprocess, config, .. } = &setup;
        let showing = Showing::of(config, 4);
        let (source, learner) = (Source::new(&task.train, *preprocess).unwrap(), setup.learner());
        let indices: Vec<usize> = (0..task.train.len()).collect();
        let model = learner.model(engine);
        let got = model
            .gradients(
                &source,
                &indices,
                Stepping { showing: Some(showing), ..Stepping::default() },
            )
            .unwrap();
        // Statistics of a batch would be those of another one.
        if hidden > 0 {
            assert!(got.loss.is_finite() && got.loss > 0.0);
            continue;
        }
        let Preprocess { size, .. } = *preprocess;
        let mut pixels = Vec::new();
        task.train.batch(&indices, preprocess, None, &mut pixels).unwrap();
        showing.mix(&indices, size, &mut pixels);
        let features = model.with_tuned(|tuned| engine.features(&pixels, tuned)).unwrap();
        let labels = source.labels(&indices);
        let swapped: Vec<usize> = labels.iter().rev().copied().collect();
        let own = model.losses(&features, &labels);
        let other = model.losses(&features, &swapped);
        let shares = showing.shares(&indices, size);
        let mean = |i: usize| shares[i] * own[i] + (1.0 - shares[i]) * other[i];
        let expected = (0..indices.len()).map(mean).sum::<f64>() / indices.len() as f64;
        assert!((got.loss - expected).abs() < 1e-6, "{} {expected}", got.loss);
        assert!(labels != swapped, "labels that are mixed differ");
    }
}
