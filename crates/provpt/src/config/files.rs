//! Configuration files: TOML or YAML, and the files that they build on.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::ConfigError;

/// How a file names the file that it builds on, in lower case.
const BASE: [&str; 2] = ["_base_", "_base_config_"];

/// One file's keys.
pub(super) struct ConfigFile {
    pub(super) path: PathBuf,
    pub(super) table: Table,
}

/// A file behind all the files it builds on: what comes later goes before what comes earlier.
pub(super) fn with_bases(path: &Path) -> Result<Vec<ConfigFile>, ConfigError> {
    let mut files: Vec<ConfigFile> = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        if let Some(start) = files.iter().position(|file| is_same(&file.path, &path)) {
            let circle = files[start..].iter().map(|file| &file.path).chain([&path]);
            let names: Vec<_> = circle.map(|path| path.display().to_string()).collect();
            let cause = format!("base files in a circle: {}", names.join(" -> "));
            return Err(ConfigError::File { path: files[start].path.clone(), cause });
        }
        let mut table = read(&path)?;
        next = base(&mut table, &path)?;
        files.push(ConfigFile { path, table });
    }
    files.reverse();
    Ok(files)
}

fn is_same(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

/// Takes the name of the base file out of a file; it is relative to the file's folder.
fn base(table: &mut Table, path: &Path) -> Result<Option<PathBuf>, ConfigError> {
    let is_base = |key: &&String| BASE.iter().any(|name| key.eq_ignore_ascii_case(name));
    let Some(key) = table.keys().find(is_base).cloned() else { return Ok(None) };
    match table.remove(&key) {
        Some(Value::String(base)) if !base.is_empty() => {
            Ok(Some(path.with_file_name("").join(base)))
        }
        got => {
            let got = got.map_or_else(String::new, |got| got.to_string());
            let cause = format!("{key}: expected the path of a file, got {got}");
            Err(ConfigError::File { path: path.to_owned(), cause })
        }
    }
}

fn read(path: &Path) -> Result<Table, ConfigError> {
    let fault = |cause: &dyn std::fmt::Display| {
        // Parsers show the place on lines of their own.
        let cause = cause.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        ConfigError::File { path: path.to_owned(), cause }
    };
    let bytes = std::fs::read(path).map_err(|error| fault(&error))?;
    let text = provpt_base::text_of(&bytes).map_err(|error| fault(&error))?;
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    if extension == "yaml" || extension == "yml" {
        yaml(&text, path, fault)
    } else {
        toml::from_str(&text).map_err(|error| fault(&error))
    }
}

#[cfg(feature = "yaml")]
fn yaml(
    text: &str,
    _: &Path,
    fault: impl Fn(&dyn std::fmt::Display) -> ConfigError,
) -> Result<Table, ConfigError> {
    let node: super::yaml::Node = serde_saphyr::from_str(text).map_err(|error| fault(&error))?;
    match node.into_toml() {
        Value::Table(table) => Ok(table),
        // What a file of comments holds.
        Value::String(none) if none == super::yaml::NONE => Ok(Table::new()),
        _ => Err(fault(&"expected keys with values")),
    }
}

#[cfg(not(feature = "yaml"))]
fn yaml(
    _: &str,
    path: &Path,
    _: impl Fn(&dyn std::fmt::Display) -> ConfigError,
) -> Result<Table, ConfigError> {
    Err(ConfigError::NoYaml { path: path.to_owned() })
}
