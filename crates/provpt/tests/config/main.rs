//! Configuration: overrides, and what they come to; more in the modules.
#![allow(clippy::unwrap_used)]

mod bounds;
mod files;
mod in_code;
mod printed;
mod published;
mod recipe;

use proptest::prelude::*;
use provpt::config::{AllocatorKind, Config, Idleness, Scheduler, render};
use provpt::method::Method;

fn words(overrides: &[&str]) -> Vec<String> {
    overrides.iter().map(|&word| word.to_owned()).collect()
}

fn load(overrides: &[&str]) -> Config {
    Config::from_args(None, &words(overrides)).unwrap().config
}

fn notices(overrides: &[&str]) -> Vec<String> {
    Config::from_args(None, &words(overrides)).unwrap().notices
}

/// The value of a setting, as TOML.
fn leaf(config: &Config, key: &str) -> String {
    let leaves = provpt::config::leaves(config);
    leaves.into_iter().find(|(name, _)| name == key).unwrap().1.to_string()
}

fn refusal(overrides: &[&str]) -> String {
    Config::from_args(None, &words(overrides)).unwrap_err().to_string()
}

fn file(name: &str, text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

#[test]
fn a_published_command_line_works() {
    let c = load(&[
        "MODEL.TYPE",
        "vit",
        "DATA.BATCH_SIZE",
        "64",
        "MODEL.PROMPT.DEEP",
        "True",
        "MODEL.PROMPT.ADAPTIVE",
        "True",
        "MODEL.PROMPT.PPO",
        "True",
        "MODEL.PROMPT.NUM_TOKENS",
        "20",
        "SOLVER.SCHEDULER",
        "None",
        "DATA.NAME",
        "vtab-cifar(num_classes=100)",
        "DATA.NUMBER_CLASSES",
        "100",
        "DATA.DATAPATH",
        "d",
        "SOLVER.BASE_LR",
        "10",
        "SOLVER.WEIGHT_DECAY",
        "0.0001",
        "DATA.CROPSIZE",
        "224",
        "SEED",
        "18",
        "OUTPUT_DIR",
        "out",
    ]);
    assert_eq!(c.data.name, "vtab-cifar(num_classes=100)");
    assert_eq!(c.data.number_classes, Some(100));
    assert_eq!((c.solver.base_lr, c.learning_rate()), (10.0, 2.5));
    assert_eq!(c.solver.scheduler, Scheduler::None);
    assert_eq!((c.data.crop_size, c.seed), (Some(224), 18));
    assert_eq!(Method::of(&c).name, "pro-vpt-ppo");
}

#[test]
fn automatic_values_follow_fidelity_and_flags() {
    let exact = load(&[]);
    assert_eq!((exact.idleness(), exact.verify()), (Idleness::Effect, 4));
    let reference = load(&["model.prompt.fidelity=reference", "model.prompt.ppo=false"]);
    assert_eq!((reference.idleness(), reference.verify()), (Idleness::Gate, 0));
    assert_eq!(reference.allocator(), AllocatorKind::Thompson);
    let chosen = load(&["model.prompt.verify=2", "model.prompt.allocator=random"]);
    assert_eq!((chosen.verify(), chosen.allocator()), (2, AllocatorKind::Random));
    assert_eq!(chosen.idleness(), Idleness::Attention);
    let samples = [100, 800, 10_000].map(|images| exact.verify_samples(images));
    assert_eq!(samples, [16, 16, 200]);
    assert_eq!(load(&["model.prompt.verify_samples=64"]).verify_samples(800), 64);
    let name = |o: &[&str]| Method::of(&load(o)).name;
    assert_eq!(name(&["model.transfer_type=linear"]), "linear");
    assert_eq!(name(&["model.prompt.deep=false"]), "vpt-shallow");
    assert_eq!(name(&["model.prompt.adaptive=false"]), "vpt-deep");
}

#[test]
fn bad_settings_are_named_with_their_place() {
    let cases: [(&[&str], &str); 12] = [
        (
            &["solver.base_rl=1"],
            "unknown key solver.base_rl (command line); the nearest is solver.base_lr",
        ),
        (
            &["solver.base_lr=ten"],
            "solver.base_lr: expected a number of at least 0, got \"ten\" (command line)",
        ),
        (
            &["model.prompt.dropout=1"],
            "model.prompt.dropout: expected a number from 0 up to, not including, 1, got 1",
        ),
        (&["data.batch_size=0"], "expected a whole number of at least 1, got 0"),
        (&["model.prompt.deep=2"], "model.prompt.deep: expected true or false, got 2"),
        (&["model.prompt.scoring=fast"], "expected one of pass, running, subset, got \"fast\""),
        (&["data.mean=[0.5, 0.5]"], "expected auto or three numbers, got [0.5, 0.5]"),
        (&["solver.base_lr=nan"], "solver.base_lr: expected a number of at least 0, got nan"),
        (&["data.number_classes=-2"], "expected a whole number of at least -1, got -2"),
        (&["output_dir="], "output_dir: expected a folder, got \"\" (command line)"),
        (&["OUTPUT_DIR", ""], "output_dir: expected a folder, got \"\" (command line)"),
        (&["SEED"], "SEED: expected key=value or KEY VALUE, got a key without a value"),
    ];
    for (overrides, expected) in cases {
        let message = refusal(overrides);
        assert!(message.contains(expected), "{message}\nexpected: {expected}");
    }
}

#[test]
fn a_name_in_parentheses_is_a_name() {
    for name in ["()", "(7)", "(old)"] {
        assert_eq!(load(&[&format!("data.name={name}")]).data.name, name);
    }
}

proptest! {
    #[test]
    fn a_rendered_configuration_reads_back_the_same(
        lr in 0.0..1e6f64, seed in 0..i64::MAX, tokens in 1..500usize, name in "[a-zA-Z0-9_()= ]*",
        verify in prop::option::of(0..9usize), mean in prop::option::of([0.0..1.0f64, 0.0..1.0, 0.0..1.0]),
    ) {
        let mut overrides = vec![
            format!("solver.base_lr={lr}"), format!("seed={seed}"),
            format!("model.prompt.num_tokens={tokens}"), "DATA.NAME".to_owned(), name,
        ];
        if let Some(verify) = verify {
            overrides.push(format!("model.prompt.verify={verify}"));
        }
        if let Some([r, g, b]) = mean {
            overrides.push(format!("data.mean=({r}, {g}, {b})"));
        }
        let config = Config::from_args(None, &overrides).unwrap().config;
        let (_folder, path) = file("config.toml", &render(&config));
        let read = Config::from_args(Some(&path), &[]).unwrap().config;
        prop_assert_eq!(&read, &config);
        let mut again = read;
        again.apply(&[]).unwrap();
        prop_assert_eq!(again, config);
    }
}
