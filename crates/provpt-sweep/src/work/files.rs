//! Files around a trial's process.

use std::io;
use std::path::Path;

use provpt_runs::RunFolder;
use serde_json::{Map, Value};

use super::launch::Start;
use crate::Error;
use crate::board::Work;
use crate::claim::Claims;

/// Makes a trial ready to be started. Where no run has begun, what may lie in its folder is no
/// part of it and goes, lest a later start goes on from it.
pub(super) fn prepare(run: &RunFolder, claims: &Claims, work: &Work) -> Result<Start, Error> {
    if run.config().is_file() {
        return Ok(Start::Resume);
    }
    for rubbish in [run.checkpoint(), run.adapter()] {
        absent(fs_err::remove_dir_all(rubbish))?;
    }
    absent(fs_err::remove_file(run.metrics()))?;
    let path = claims.file(work.generation, "toml");
    fs_err::write(&path, toml(&work.config))?;
    Ok(Start::Fresh(path))
}

fn absent(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Dotted keys and values, as TOML.
fn toml(config: &Map<String, Value>) -> String {
    let line = |(key, value): (&String, &Value)| {
        let value = toml::Value::try_from(value).ok()?;
        Some(format!("{key} = {value}\n"))
    };
    config.iter().filter_map(line).collect()
}

/// The last error that a process printed.
pub(super) fn last_error(said: &Path) -> Option<String> {
    let text = String::from_utf8_lossy(&fs_err::read(said).ok()?).into_owned();
    let line = |line: &str| Some(line.strip_prefix("error: ")?.trim().to_owned());
    let panicked = || text.lines().find(|line| line.contains("panicked at")).map(str::to_owned);
    text.lines().rev().find_map(line).or_else(panicked)
}

/// Not the trial's fault: the next ones would fail, too.
pub(super) fn disk_is_full(reason: &str) -> bool {
    // Linux's numbers for a full disk, and for a used-up quota.
    ["os error 28)", "os error 122)"].iter().any(|code| reason.contains(code))
}

/// Not the trial's fault, and over soon: the process of a worker that died, or seemed to, was still
/// at the run.
pub(super) fn run_is_taken(reason: &str) -> bool {
    ["another process is training here", "already holds a run"]
        .iter()
        .any(|what| reason.contains(what))
}

/// What a process said is of no use once it ended well.
pub(super) fn forget(said: &Path) {
    // Nothing depends on it.
    let _ = fs_err::remove_file(said);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_configuration_is_read_back_as_it_was() {
        let config = json!({
            "seed": 18, "model.prompt.deep": true, "model.type": "vit", "solver.base_lr": 50.0,
            "data.mean": [0.5, 0.25, 1e-7], "data.datapath": "a \"b\"\\c\n", "solver.momentum": 0.1
        });
        let table: toml::Table = toml::from_str(&toml(config.as_object().unwrap())).unwrap();
        assert_eq!(table["data"]["datapath"].as_str(), Some("a \"b\"\\c\n"));
        assert_eq!(table["data"]["mean"][2].as_float(), Some(1e-7));
        assert_eq!(table["solver"]["base_lr"].as_float(), Some(50.0));
        assert_eq!(table["solver"]["momentum"].as_float(), Some(0.1));
        assert_eq!(table["model"]["prompt"]["deep"].as_bool(), Some(true));
        assert_eq!(table["seed"].as_integer(), Some(18));
    }

    #[test]
    fn the_last_error_is_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("said");
        let reason = |text: &str| {
            fs_err::write(&path, text).unwrap();
            last_error(&path)
        };
        assert_eq!(reason("error: a\nnote\nerror: b: c\nhint: d\n").as_deref(), Some("b: c"));
        assert_eq!(reason("thread 'x' panicked at y:\n").unwrap(), "thread 'x' panicked at y:");
        assert_eq!(reason("killed\n"), None);
        assert!(disk_is_full("x: cannot write: No space left on device (os error 28)"));
    }
}
