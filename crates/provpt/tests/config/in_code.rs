//! Configurations that are made in code.

use std::path::PathBuf;

use provpt::config::{
    AllocatorKind, CacheFolder, Config, Data, Fit, Interpolation, Model, Normalization, Pooling,
    Prompt, Solver, TrainSplit, render,
};

use super::file;

/// Values of every type, none of them a default.
fn typed() -> Config {
    let prompt = Prompt {
        allocator: Some(AllocatorKind::Random),
        verify: Some(0),
        clip_norm: -1.0,
        ..Prompt::default()
    };
    let model = Model {
        weights: Some("hf://owner/name".to_owned()),
        heads: Some(3),
        pooling: Some(Pooling::Mean),
        prompt,
        ..Model::default()
    };
    let data = Data {
        datapath: Some(PathBuf::from("photos")),
        number_classes: Some(7),
        crop_size: Some(32),
        fit: Some(Fit::Short),
        interpolation: Some(Interpolation::PilBicubic),
        normalization: Some(Normalization::Task),
        mean: Some([0.1, 0.2, 1e-7]),
        train_split: TrainSplit::TrainVal,
        cache_dir: CacheFolder::Off,
        ..Data::default()
    };
    Config { seed: 3, output_dir: PathBuf::from("runs/a b"), model, data, ..Config::default() }
}

#[test]
fn a_file_says_the_same() {
    let config = typed();
    config.check().unwrap();
    let (_folder, path) = file("config.toml", &render(&config));
    assert_eq!(Config::from_args(Some(&path), &[]).unwrap().config, config);
    let at = |cache_dir| Data { cache_dir, ..Data::default() };
    for cache_dir in [CacheFolder::User, CacheFolder::At(PathBuf::from("x"))] {
        let config = Config { data: at(cache_dir), ..typed() };
        let (_folder, path) = file("config.toml", &render(&config));
        assert_eq!(Config::from_args(Some(&path), &[]).unwrap().config, config);
    }
}

#[test]
fn what_no_file_could_say_is_refused() {
    let solver = |solver| Config { solver, ..Config::default() };
    let cases = [
        (solver(Solver { base_lr: f64::NAN, ..Solver::default() }), "solver.base_lr: expected"),
        (solver(Solver { total_epoch: 0, ..Solver::default() }), "solver.total_epoch: expected"),
        (Config { seed: u64::MAX, ..Config::default() }, "seed: expected a whole number"),
        (
            Config { output_dir: PathBuf::new(), ..Config::default() },
            "output_dir: expected a folder, got \"\" (configuration)",
        ),
        (
            Config {
                data: Data { name: "vtab-cifat".to_owned(), ..Data::default() },
                ..Config::default()
            },
            "data.name: expected a task of `provpt data list` (the nearest is cifar100), got \"vtab-cifat\"",
        ),
    ];
    for (config, expected) in cases {
        let message = config.check().unwrap_err().to_string();
        assert!(message.starts_with(expected), "{message}\nexpected: {expected}");
    }
}

#[cfg(unix)]
#[test]
fn a_path_that_is_no_text_is_refused() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let output_dir = PathBuf::from(OsStr::from_bytes(b"out\xff"));
    let message = Config { output_dir, ..Config::default() }.check().unwrap_err().to_string();
    assert!(message.starts_with("output_dir: expected text, got "), "{message}");
}

/// Overrides change what they name, and nothing else.
#[test]
fn overrides_go_on_top() {
    let mut config = typed();
    config.apply(&["SEED".to_owned(), "4".to_owned()]).unwrap();
    assert_eq!(config, Config { seed: 4, ..typed() });
    let before = config.clone();
    assert!(config.apply(&["seed=5".to_owned(), "seeed=6".to_owned()]).is_err());
    assert_eq!(config, before, "a mistake changes nothing");
}

#[test]
fn names_are_read_as_they_are_shown() {
    assert_eq!("thompson".parse(), Ok(AllocatorKind::Thompson));
    assert_eq!(AllocatorKind::Thompson.to_string(), "thompson");
    let error = "greedy".parse::<AllocatorKind>().unwrap_err().to_string();
    assert_eq!(
        error,
        "expected one of ppo, thompson, random, fixed, ghost, demand, nursery, prune, got greedy"
    );
}
