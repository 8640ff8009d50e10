//! What holds for every kind of prompts: a run that goes on is the same run, all that prompts are
//! made of learns, and what was kept is what is used.

use super::kinds::{backbone, features, last, of, resumed};
use super::trained;
use crate::config::Config;
use crate::error::Error;
use crate::learned::Learned;
use crate::setup::Setup;

const STAY: &str = "adaptive=false";
const ONE: &str = "deep=false";
const DRY: &str = "dropout=0";

/// Settings of `model.prompt`, and how many numbers learn by them on 4 blocks of width 32, beside
/// the head's 66.
const FORMS: &[(&[&str], usize)] = &[
    (&["pool=img"], 8 * 32),
    (&["pool=imgprompt"], 8 * 32),
    (&["pool=prompt", STAY], 8 * 32),
    (&["num_deep_layers=2", STAY], 4 * 32),
    (&["num_deep_layers=2", "pool=prompt", STAY], 4 * 32),
    (&["num_deep_layers=2", "forward_deep_noexpand=true"], 4 * 32),
    (&["num_deep_layers=1", "reverse_deep=true"], 2 * 32),
    (&["deep_shared=true", STAY], 2 * 32),
    (&["project=5", STAY], 8 * 5 + 6 * 32),
    (&["project=5", "deep_shared=true", STAY], 2 * 5 + 6 * 32),
    (&["project=5", "deep=false"], 2 * 5 + 6 * 32),
    (&["location=add", STAY], 4 * 17 * 32),
    (&["location=add", "deep=false"], 17 * 32),
    (&["location=add-1", STAY], 4 * 32),
    (&["location=prepend-pixel", ONE, DRY], 2 * 3 * 64),
    (&["location=prepend-pixel-gaussian", "pool=prompt", ONE, DRY], 2 * 3 * 64),
    (&["location=prepend-pixel-imgnettransform", ONE, DRY], 2 * 3 * 64),
    (&["location=pad", "num_tokens=4", ONE, DRY], 3 * 8 * 40 + 3 * 32 * 8),
    (&["location=below", ONE, DRY], 2 * 32 * 32 + 32 * 5 * 64 + 32),
];

fn set(config: &mut Config, form: &[&str]) {
    let words: Vec<String> = form.iter().map(|word| format!("model.prompt.{word}")).collect();
    config.apply(&words).unwrap();
}

fn setup(form: &[&str]) -> Setup {
    of("pro-vpt-random", |config| set(config, form))
}

#[test]
fn all_that_prompts_are_made_of_learns_and_goes_on() {
    for (form, count) in FORMS {
        let setup = setup(form);
        let (whole, result) = trained(&setup);
        assert_eq!(result.parameters, count + 66, "{form:?}");
        let start = setup.learner().parameters;
        for (before, after) in start.set.iter().zip(last(&whole).set.iter()) {
            assert_ne!(before.values, after.values, "{form:?}: {}", before.name);
        }
        assert_eq!(last(&resumed(&setup)), last(&whole), "{form:?}");
    }
}

#[test]
fn adapters_bring_every_kind_back() {
    for (form, _) in FORMS {
        let setup = setup(form);
        let adapter = setup.adapter(last(&trained(&setup).0));
        let folder = tempfile::tempdir().unwrap();
        adapter.store(folder.path()).unwrap();
        let read = Learned::load(backbone(), folder.path(), 1).unwrap();
        assert_eq!(read.adapter().config, adapter.config, "{form:?}");
        let kept = Learned::new(backbone(), adapter, 1).unwrap();
        assert_eq!(features(&read), features(&kept), "{form:?}");
        let mut plain = kept.adapter().clone();
        plain.config.prompts.pool = provpt_vit::PromptPool::Original;
        let plain = Learned::new(backbone(), plain, 1).unwrap();
        let pools = form.iter().any(|word| word.starts_with("pool="));
        assert_eq!(features(&plain) != features(&kept), pools, "{form:?}");
    }
}

#[test]
fn adapters_that_do_not_fit_their_kind_are_refused() {
    let setup = setup(&["project=5", STAY]);
    let mut adapter = setup.adapter(&setup.learner().parameters);
    let message = |adapter: &crate::learn::adapter::Adapter| {
        let folder = tempfile::tempdir().unwrap();
        adapter.store(folder.path()).unwrap();
        let Err(error) = Learned::load(backbone(), folder.path(), 1) else { panic!("read") };
        error.to_string()
    };
    adapter.config.prompts.project = Some(6);
    assert!(message(&adapter).contains("prompts"), "{}", message(&adapter));
    adapter.config.prompts.project = None;
    assert!(message(&adapter).contains("prompts"), "{}", message(&adapter));
}

#[test]
fn more_blocks_than_there_are_cannot_have_prompts() {
    let config = super::config(|config| set(config, &["num_deep_layers=5", STAY]));
    let task = crate::sample::task([0.2, 0.0]);
    let Err(error) = Setup::new(&config, task, backbone(), None) else { panic!("made") };
    assert!(matches!(error, Error::DeepLayers { depth: 4, got: 5 }), "{error}");
}
