//! A backbone that learns as a whole and drops values of its own: runs go on as they were, whatever the
//! number of threads.

use super::kinds::{backbone, last, on, resumed, staged};
use super::trained;
use crate::setup::Setup;

/// Beside one in stages.
fn setups(settings: &[&str]) -> [Setup; 2] {
    [backbone(), staged()].map(|backbone| {
        on(backbone, "end2end", |config| {
            config.apply(&settings.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()).unwrap();
        })
    })
}

#[test]
fn a_run_that_goes_on_is_the_same_run() {
    for settings in
        [["model.dropout=on", "model.mlp_num=0"], ["model.dropout=auto", "model.mlp_num=1"]]
    {
        for setup in setups(&settings) {
            let (whole, rest) = (trained(&setup).0, resumed(&setup));
            assert_eq!(last(&rest), last(&whole), "{settings:?}");
        }
    }
}

#[test]
fn what_is_dropped_is_told_and_changes_what_is_learned() {
    let pairs = setups(&["model.dropout=on"]).into_iter().zip(setups(&["model.dropout=off"]));
    for (drops, off) in pairs {
        let told = |setup: &Setup| setup.facts.iter().any(|fact| fact.starts_with("dropout "));
        assert!(told(&drops) && !told(&off), "{:?}", drops.facts);
        assert_ne!(last(&trained(&drops).0), last(&trained(&off).0));
    }
}

#[test]
fn what_is_dropped_does_not_depend_on_threads() {
    let slow = "solver.base_lr=0.01";
    let pairs = setups(&["model.dropout=on", slow, "threads=1"]).into_iter().zip(setups(&[
        "model.dropout=on",
        slow,
        "threads=2",
    ]));
    for (one, two) in pairs {
        let [one, two] = [one, two].map(|setup| trained(&setup).0);
        for (one, two) in one.steps.iter().zip(&two.steps) {
            assert!((one.loss - two.loss).abs() < 1e-4, "{} {}", one.loss, two.loss);
        }
    }
}
