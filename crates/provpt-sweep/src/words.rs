//! The words of a spec: what protocols, methods and named grids stand for, and the few keys of a
//! configuration that a sweep goes by.

use provpt_runs::sweep::{Protocol, Stage};
use toml::Value;

pub(crate) const SEED: &str = "seed";
pub(crate) const THREADS: &str = "threads";
pub(crate) const OUTPUT: &str = "output_dir";
pub(crate) const TASK: &str = "data.name";
pub(crate) const EPOCHS: &str = "solver.total_epoch";
pub(crate) const LR: &str = "solver.base_lr";
pub(crate) const DECAY: &str = "solver.weight_decay";
const SPLIT: &str = "data.train_split";
const TEST: &str = "data.test";

/// Key and value.
pub(crate) type Setting = (String, Value);

/// The protocols by name.
pub(crate) const PROTOCOLS: &[(&str, Protocol)] =
    &[("vtab", Protocol::Vtab), ("fgvc", Protocol::Fgvc), ("grid", Protocol::Grid)];

/// What a protocol says about a stage's trials. VTAB's final runs learn from train800val200;
/// whatever is picked by validation is kept from the test images.
pub(crate) fn stage(protocol: Protocol, stage: Stage) -> Vec<Setting> {
    let settings = |split: &str, test: bool| {
        vec![(SPLIT.to_owned(), split.into()), (TEST.to_owned(), test.into())]
    };
    match (protocol, stage) {
        (Protocol::Grid, _) => Vec::new(),
        (_, Stage::Grid) => settings("train800", false),
        (Protocol::Vtab, Stage::Final) => settings("train800val200", true),
        (Protocol::Fgvc, Stage::Final) => settings("train800", true),
    }
}

/// The methods that have a name.
pub(crate) const METHODS: &[&str] = &[
    "linear",
    "vpt-shallow",
    "vpt-deep",
    "pro-vpt-ppo",
    "pro-vpt-thompson",
    "pro-vpt-random",
    "pro-vpt-fixed",
];

/// What a method's name stands for; nothing for an unknown one.
pub(crate) fn method(name: &str) -> Option<Vec<Setting>> {
    let known = METHODS.contains(&name);
    let prompts = |deep: bool, adaptive: bool| {
        vec![
            ("model.transfer_type".to_owned(), "prompt".into()),
            ("model.prompt.deep".to_owned(), deep.into()),
            ("model.prompt.adaptive".to_owned(), adaptive.into()),
        ]
    };
    known.then(|| match name {
        "linear" => vec![("model.transfer_type".to_owned(), "linear".into())],
        "vpt-shallow" => prompts(false, false),
        "vpt-deep" => prompts(true, false),
        relocating => {
            let allocator = relocating.trim_start_matches("pro-vpt-");
            let allocator = ("model.prompt.allocator".to_owned(), allocator.into());
            prompts(true, true).into_iter().chain([allocator]).collect()
        }
    })
}

/// The grids that have a name: that of the published protocol, and the one for the larger learning
/// rates of prompts in the code of visual prompt tuning (`prompt_largerlr` in its `tune_vtab.py`).
pub(crate) const GRIDS: &[&str] = &["published", "larger"];

/// The values of a key in a named grid.
pub(crate) fn grid(name: &str, key: &str) -> Option<Vec<Value>> {
    const PUBLISHED: &[f64] = &[50.0, 25.0, 10.0, 5.0, 2.5, 1.0, 0.5, 0.25];
    const LARGER: &[f64] = &[1000.0, 500.0, 250.0, 100.0];
    const DECAYS: &[f64] = &[0.01, 0.001, 0.0001, 0.0];
    let values = match (name, key) {
        ("published", LR) => PUBLISHED,
        ("larger", LR) => LARGER,
        ("published" | "larger", DECAY) => DECAYS,
        _ => return None,
    };
    Some(values.iter().map(|&value| Value::Float(value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_means_something_else() {
        let all: Vec<_> = METHODS.iter().map(|name| method(name).unwrap()).collect();
        for (index, settings) in all.iter().enumerate() {
            assert!(!all[..index].contains(settings), "{}", METHODS[index]);
        }
        assert_eq!(method("vpt"), None);
    }

    #[test]
    fn the_published_grid_has_32_points() {
        let count = |name: &str| {
            grid(name, LR).map_or(0, |v| v.len()) * grid(name, DECAY).map_or(0, |v| v.len())
        };
        assert_eq!((count("published"), count("larger"), count("other")), (32, 16, 0));
    }

    #[test]
    fn only_final_runs_see_test_images() {
        for protocol in [Protocol::Vtab, Protocol::Fgvc] {
            let test = |s| stage(protocol, s).contains(&(TEST.to_owned(), Value::Boolean(true)));
            assert!(!test(Stage::Grid) && test(Stage::Final), "{protocol:?}");
        }
    }
}
