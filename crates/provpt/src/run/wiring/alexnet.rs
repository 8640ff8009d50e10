//! An AlexNet beside a backbone: a run that goes on is the same run, all of it learns and is kept, and
//! what was kept needs no file.

use provpt_vit::weights::{LoadOptions, Source};
use provpt_vit::{AlexNetShape, Backbone};

use super::kinds::{features, last, on, resumed, staged};
use super::trained;
use crate::config::Config;
use crate::learned::Learned;
use crate::setup::Setup;

/// Of width 16, with 2 blocks, for images of 64 pixels.
fn backbone() -> Backbone {
    let file =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/transfer/step.vit.side.safetensors");
    let (heads, prefix) = (Some(2), Some("backbone.".to_owned()));
    let options = LoadOptions { heads, prefix, ..LoadOptions::default() };
    Backbone::open(&Source::File(file.into()), &options).unwrap()
}

/// Beside one in stages, too.
fn setups(settings: &[&str]) -> [Setup; 2] {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/backbones/alexnet");
    [backbone(), staged()].map(|backbone| {
        on(backbone, "side", |config| {
            config.model.side = None;
            config.model.model_root = folder.into();
            config.apply(&settings.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()).unwrap();
        })
    })
}

#[test]
fn a_run_that_goes_on_is_the_same_run() {
    let settings: [&[&str]; 3] =
        [&[], &["solver.optimizer=adamw", "solver.base_lr=0.01"], &["model.mlp_num=1"]];
    for settings in settings {
        for setup in setups(settings) {
            let (whole, rest) = (trained(&setup).0, resumed(&setup));
            assert_eq!(last(&rest), last(&whole), "{settings:?}");
        }
    }
}

#[test]
fn all_of_it_learns_and_nothing_else() {
    for setup in setups(&["solver.optimizer=adamw", "solver.base_lr=0.01"]) {
        let (memory, result) = trained(&setup);
        let start = setup.learner().parameters;
        let names: Vec<&str> = start.set.iter().map(|param| &*param.name).collect();
        assert_eq!(names.len(), 10 + 2 + 2, "{names:?}");
        for (before, after) in start.set.iter().zip(last(&memory).set.iter()) {
            assert_ne!(before.values, after.values, "{}", before.name);
        }
        let arrays = AlexNetShape::new([4, 6, 8, 6, 5]).arrays();
        let own: usize = arrays.iter().map(|(_, shape)| shape.iter().product::<usize>()).sum();
        let (width, classes) = (setup.engine.architecture().width, setup.task.classes.len());
        assert_eq!(result.parameters, own + 180 * width + 1 + (width + 1) * classes);
    }
}

#[test]
fn what_was_kept_is_used_without_its_file() {
    for (setup, backbone) in setups(&[]).into_iter().zip([backbone, staged]) {
        let (memory, _) = trained(&setup);
        let adapter = setup.adapter(last(&memory));
        assert_eq!(adapter.config.side.as_deref(), Some("alexnet"));
        let folder = tempfile::tempdir().unwrap();
        adapter.store(folder.path()).unwrap();
        let expected = features(&Learned::from_parts(setup.engine, adapter, setup.preprocess));
        let config = Config { threads: 1, ..Config::default() };
        let read = Learned::configured(backbone(), folder.path(), &config).unwrap();
        assert_eq!(features(&read), expected);
        assert_eq!(features(&Learned::load(backbone(), folder.path(), 1).unwrap()), expected);
    }
}

#[test]
fn damaged_arrays_are_refused() {
    let [setup, _] = setups(&[]);
    let mut short = setup.adapter(&setup.learner().parameters);
    let folder = tempfile::tempdir().unwrap();
    for param in short.parameters.set.iter_mut().filter(|p| p.name.ends_with("features.8.bias")) {
        (param.values, param.shape) = (vec![0.0; 4], vec![4]);
    }
    short.store(folder.path()).unwrap();
    let error = Learned::load(backbone(), folder.path(), 1).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("features.8.bias: expected 6 values, got 4"), "{error}");
}
