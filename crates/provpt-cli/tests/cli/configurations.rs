use crate::common::{fixture, run, succeed, temp};

/// Names of all leaves, `section.key`.
fn keys(table: &toml::Table, prefix: &str) -> Vec<String> {
    let path = |key: &str| format!("{prefix}{key}");
    let leaves = |(key, value): (&String, &toml::Value)| match value {
        toml::Value::Table(inner) => keys(inner, &path(&format!("{key}."))),
        _ => vec![path(key)],
    };
    table.iter().flat_map(leaves).collect()
}

#[test]
fn every_key_is_printed_with_help() {
    let defaults = succeed(["config", "print"]);
    let resolved: toml::Table =
        succeed(["config", "print", "data.name=sprites-location"]).parse().unwrap();
    let keys = keys(&resolved, "");
    assert!(keys.len() > 30, "{keys:?}");
    for key in keys {
        let last = key.rsplit('.').next().unwrap();
        let line = defaults.lines().find(|line| {
            let line = line.trim_start_matches(['#', ' ']);
            line.starts_with(last) || line.starts_with(&key)
        });
        assert!(line.is_some(), "{key} is not in\n{defaults}");
    }
}

#[test]
fn settings_are_resolved() {
    let folder = temp();
    let file = folder.path().join("old.yaml");
    std::fs::write(&file, "SEED: 7\nDATA:\n  NAME: sprites-location\n  BATCH_SIZE: 16\n").unwrap();
    let words = ["config".as_ref(), "print".as_ref(), file.as_os_str()];
    let more = ["DATA.BATCH_SIZE".as_ref(), "32".as_ref(), "solver.base_lr=0.5".as_ref()];
    let text = succeed(words.into_iter().chain(more).chain(["--threads".as_ref(), "3".as_ref()]));
    let config: toml::Table = text.parse().unwrap();
    assert_eq!(config["seed"].as_integer(), Some(7));
    assert_eq!(config["threads"].as_integer(), Some(3));
    assert_eq!(config["data"]["batch_size"].as_integer(), Some(32));
    assert_eq!(config["solver"]["base_lr"].as_float(), Some(0.5));
}

#[test]
fn help_and_version_are_there() {
    assert!(succeed(["--version"]).starts_with("provpt "));
    let help = succeed(["train", "--help"]);
    assert!(help.contains("Example:") && help.contains("--resume <RUN>"), "{help}");
    let help = succeed(["--help"]);
    for command in ["train", "eval", "predict", "features", "config", "weights", "study", "demo"] {
        assert!(help.contains(&format!("\n  {command} ")), "{command}: {help}");
    }
}

#[test]
fn what_is_no_command_is_a_mistake() {
    let said = run(["trian"]);
    assert_eq!(said.code, Some(2));
    assert!(said.stderr.contains("train"), "{said:?}");
    let file = fixture("no-such.toml");
    let said = run(["train".as_ref(), file.as_os_str()]);
    said.failed(2, "no-such.toml", "");
}
