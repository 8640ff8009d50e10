//! Forms of prompts, starts and ways of learning beyond the published ones: each run goes on as it was,
//! its adapter brings back what it learned, and each setting changes something.

use super::kinds::{backbone, broken_off, features, last, on, resumed, staged};
use super::{Memory, trained};
use crate::learned::Learned;
use crate::observer::Silent;
use crate::run::trainer::Trainer;
use crate::setup::Setup;

/// What is varied, and whether it is of networks in stages, too.
const WAYS: [(&[&str], bool); 19] = [
    (&["model.prompt.form=normed"], true),
    (&["model.prompt.form=normed", "model.prompt.max_length=0.5"], true),
    (&["model.prompt.form=normed", "model.prompt.rebirth=resample"], true),
    (&["model.prompt.form=sphere", "solver.base_lr=0.1"], true),
    (&["model.prompt.logit=-3"], true),
    (&["model.prompt.form=normed", "model.prompt.logit=1", "model.prompt.init=tokens"], true),
    (&["model.prompt.init=tokens"], true),
    (&["model.prompt.init=kmeans", "model.prompt.form=sphere"], true),
    (&["model.prompt.init=sized"], true),
    (&["model.prompt.init=vipamin"], false),
    (&["model.prompt.vector=true"], true),
    (&["model.head_init=means"], true),
    (&["solver.average=0.9"], true),
    (&["solver.optimizer=adamw", "solver.find_rate=7"], true),
    (&["model.prompt.allocator=prune"], true),
    (&["model.prompt.allocator=prune", "solver.average=0.9", "model.prompt.logit=-1"], true),
    (&["solver.consistency=0.5", "model.prompt.dropout=0.3"], true),
    (&["model.drop_path=0.4", "model.prompt.dropout=0"], true),
    (
        &["solver.scheduler=cosine-step", "model.prompt.clip_each=0.01", "solver.head_rate=0.1"],
        true,
    ),
];

fn setups(words: &[&str], in_stages: bool) -> Vec<Setup> {
    let backbones = [backbone(), staged()].into_iter().take(1 + usize::from(in_stages));
    let setup = |backbone| {
        on(backbone, "pro-vpt-random", |config| {
            config.solver.base_lr = 0.5;
            config.apply(&words.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()).unwrap();
        })
    };
    backbones.map(setup).collect()
}

#[test]
fn a_run_that_goes_on_is_the_same_run() {
    let mut moves = 0;
    for (words, in_stages) in WAYS {
        for setup in setups(words, in_stages) {
            let (whole, rest) = (trained(&setup).0, resumed(&setup));
            assert_eq!(last(&rest), last(&whole), "{words:?}");
            moves += whole.records.iter().filter(|record| record.relocation.is_some()).count();
        }
    }
    assert!(moves > WAYS.len(), "{moves}");
}

#[test]
fn every_way_changes_what_is_learned() {
    for (words, in_stages) in WAYS {
        let plain = ["model.prompt.dropout=0.3"];
        let plain = if words.contains(&"model.drop_path=0.4") { &words[1..] } else { &plain[..] };
        let pairs = setups(words, in_stages).into_iter().zip(setups(plain, in_stages));
        for (setup, plain) in pairs {
            assert_ne!(last(&trained(&setup).0), last(&trained(&plain).0), "{words:?}");
        }
    }
}

fn by_adam(words: &[&str]) -> Setup {
    let adam = ["solver.optimizer=adamw", "solver.lr_scaling=off", "solver.scheduler=none"];
    setups(&[&adam, words].concat(), false).remove(0)
}

/// The steps that found the rate have left nothing but it.
#[test]
fn a_found_rate_is_as_good_as_a_given_one() {
    let run = |words: &[&str]| trained(&by_adam(words)).0;
    let found = run(&["solver.find_rate=20"]);
    let rate = found.records[0].lr;
    assert!(found.records.iter().all(|record| record.lr == rate) && rate > 0.0, "{rate}");
    let given = run(&[&format!("solver.base_lr={rate:e}")]);
    assert_eq!(last(&given), last(&found));
    let elsewhere = run(&["solver.find_rate=20", "solver.base_lr=5"]);
    assert_ne!(elsewhere.records[0].lr, rate);
}

#[test]
fn a_run_by_a_found_rate_goes_on_by_it_alone() {
    let (found, given) = (by_adam(&["solver.find_rate=20"]), by_adam(&[]));
    for (one, other) in [(&found, &given), (&given, &found)] {
        let mut memory = Memory::default();
        let error = Trainer::new(other, Some(broken_off(one)), &mut memory, &mut Silent).err();
        let told = error.unwrap().to_string();
        assert!(told.contains("found_rate"), "{told}");
    }
}

#[test]
fn adapters_bring_back_what_was_learned() {
    for (words, in_stages) in WAYS {
        let backbones = [backbone, staged];
        for (setup, backbone) in setups(words, in_stages).into_iter().zip(backbones) {
            let adapter = setup.adapter(last(&trained(&setup).0));
            let folder = tempfile::tempdir().unwrap();
            adapter.store(folder.path()).unwrap();
            let read = Learned::configured(backbone(), folder.path(), &setup.config).unwrap();
            let kept = Learned::from_parts(setup.engine, adapter, setup.preprocess);
            assert_eq!(features(&read), features(&kept), "{words:?}");
        }
    }
}
