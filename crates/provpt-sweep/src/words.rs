//! The words of a spec: what protocols and named grids stand for, and the few keys of a
//! configuration that a sweep goes by. What methods stand for is told by the caller.

use provpt_runs::MethodRow;
use provpt_runs::sweep::{Protocol, Stage};
use toml::Value;

pub(crate) const SEED: &str = "seed";
pub(crate) const THREADS: &str = "threads";
pub(crate) const DEVICE: &str = "device";
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
pub(crate) const PROTOCOLS: &[(&str, Protocol)] = &[
    ("vtab", Protocol::Vtab),
    ("mini", Protocol::Mini),
    ("fgvc", Protocol::Fgvc),
    ("grid", Protocol::Grid),
];

/// What a protocol says about a stage's trials. VTAB's final runs learn from train800val200;
/// whatever is picked by validation is kept from the test images.
pub(crate) fn stage(protocol: Protocol, stage: Stage) -> Vec<Setting> {
    let settings = |split: &str, test: bool| {
        vec![(SPLIT.to_owned(), split.into()), (TEST.to_owned(), test.into())]
    };
    match (protocol, stage) {
        (Protocol::Grid, _) => Vec::new(),
        (_, Stage::Grid) => settings("train800", false),
        (Protocol::Vtab | Protocol::Mini, Stage::Final) => settings("train800val200", true),
        (Protocol::Fgvc, Stage::Final) => settings("train800", true),
    }
}

/// The settings of a method.
pub(crate) fn settings(method: &MethodRow) -> Vec<Setting> {
    method.settings.iter().map(|&(key, text)| (key.to_owned(), value(text))).collect()
}

/// A value as it stands on a command line: TOML where it is that, else text.
fn value(text: &str) -> Value {
    let parsed = format!("value = {text}").parse::<toml::Table>();
    let value = parsed.ok().and_then(|mut table| table.remove("value"));
    value.unwrap_or_else(|| Value::String(text.to_owned()))
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
    fn settings_of_methods_are_typed() {
        let values = ["true", "0.5", "3", "linear", "", "a b"].map(value);
        let text = |text: &str| Value::String(text.to_owned());
        let expected = [true.into(), 0.5.into(), 3.into(), text("linear"), text(""), text("a b")];
        assert_eq!(values, expected);
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
        for protocol in [Protocol::Vtab, Protocol::Mini, Protocol::Fgvc] {
            let test = |s| stage(protocol, s).contains(&(TEST.to_owned(), Value::Boolean(true)));
            assert!(!test(Stage::Grid) && test(Stage::Final), "{protocol:?}");
        }
    }
}
