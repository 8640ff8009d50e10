//! From files and arguments to a configuration, with a name for where each value came from.

use std::path::{Path, PathBuf};

use provpt_data::catalogue;
use toml::{Table, Value};

use super::keys::{KEYS, Key};
use super::kind::Kind;
use super::{Config, ConfigError, values};

/// A configuration, and what its user should hear about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// Keys that were given but change nothing, each with the reason.
    pub notices: Vec<String>,
}

const COMMAND_LINE: &str = "command line";

impl Config {
    /// Defaults, then a TOML or YAML file, then overrides in order: `key=value`, or the published
    /// `KEY VALUE` pairs. Keys compare without case.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn from_args(file: Option<&Path>, overrides: &[String]) -> Result<Loaded, ConfigError> {
        Self::from_settings(file, &values::pairs(overrides)?, COMMAND_LINE)
    }

    /// Defaults, then a TOML or YAML file, then settings in order, which come from `origin`.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn from_settings(
        file: Option<&Path>,
        settings: &[(String, Value)],
        origin: &str,
    ) -> Result<Loaded, ConfigError> {
        let mut tree = Tree::default();
        if let Some(path) = file {
            tree.file(path, 0)?;
        }
        for (key, value) in settings {
            tree.set(key, value, origin)?;
        }
        Ok(Loaded { config: tree.config()?, notices: tree.notices })
    }

    /// Overrides on top of what is there.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn apply(&mut self, overrides: &[String]) -> Result<(), ConfigError> {
        let mut tree = Tree::default();
        for (name, value) in super::render::leaves(self) {
            tree.set(&name, &value, "configuration")?;
        }
        for (key, value) in values::pairs(overrides)? {
            tree.set(&key, &value, COMMAND_LINE)?;
        }
        *self = tree.config()?;
        Ok(())
    }
}

/// The dotted key that a spelling means; `origin` says where it stood.
///
/// # Errors
/// [`ConfigError::UnknownKey`].
pub fn key(spelling: &str, origin: &str) -> Result<&'static str, ConfigError> {
    find(spelling, origin).map(|key| key.name)
}

/// Values by dotted key.
struct Tree {
    values: Vec<(&'static Key, Value)>,
    notices: Vec<String>,
}

impl Default for Tree {
    fn default() -> Self {
        let set = KEYS.iter().filter(|key| !matches!(key.kind, Kind::Ignored(_)));
        let values = set.map(|key| (key, values::scalar(key.default))).collect();
        Self { values, notices: Vec::new() }
    }
}

impl Tree {
    /// A file and, first, the file it says it builds on (`_BASE_CONFIG_`).
    fn file(&mut self, path: &Path, depth: usize) -> Result<(), ConfigError> {
        const DEEPEST: usize = 8;
        let fault = |cause: String| ConfigError::File { path: path.to_owned(), cause };
        if depth > DEEPEST {
            return Err(fault(format!("more than {DEEPEST} base files, one upon the other")));
        }
        let text = std::fs::read_to_string(path).map_err(|e| fault(e.to_string()))?;
        let yaml = path.extension().is_some_and(|e| e == "yaml" || e == "yml");
        let table: Table = if yaml {
            serde_saphyr::from_str(&text).map_err(|e| fault(one_line(&e.to_string())))?
        } else {
            toml::from_str(&text).map_err(|e| fault(one_line(&e.to_string())))?
        };
        let base = table.iter().find(|(key, _)| key.eq_ignore_ascii_case("_base_config_"));
        if let Some((_, Value::String(base))) = base {
            let folder = path.parent().map(PathBuf::from).unwrap_or_default();
            self.file(&folder.join(base), depth + 1)?;
        }
        self.table("", &table, &path.display().to_string())
    }

    fn table(&mut self, prefix: &str, table: &Table, origin: &str) -> Result<(), ConfigError> {
        for (name, value) in table {
            let name = format!("{prefix}{name}");
            match value {
                _ if name.eq_ignore_ascii_case("_base_config_") => {}
                Value::Table(inner) => self.table(&format!("{name}."), inner, origin)?,
                value => self.set(&name, value, origin)?,
            }
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: &Value, origin: &str) -> Result<(), ConfigError> {
        let key = find(name, origin)?;
        if let Kind::Ignored(reason) = key.kind {
            self.notices.push(format!("{name} ({origin}) changes nothing: {reason}"));
            return Ok(());
        }
        let value = match values::published(key.name, value) {
            Some(value) => value,
            None => value.clone(),
        };
        let known = task_is_known(key, &value);
        let Some(accepted) = key.kind.accept(&value).filter(|_| known.is_ok()) else {
            return Err(ConfigError::Value {
                key: key.name,
                expected: known.err().unwrap_or_else(|| key.kind.expected()),
                got: value.to_string(),
                origin: origin.to_owned(),
            });
        };
        for (known, slot) in &mut self.values {
            if known.name == key.name {
                *slot = accepted.clone();
            }
        }
        Ok(())
    }

    fn config(&self) -> Result<Config, ConfigError> {
        let mut root = Table::new();
        for (key, value) in &self.values {
            insert(&mut root, key.name, value.clone());
        }
        root.try_into().map_err(|error: toml::de::Error| ConfigError::File {
            path: PathBuf::from("configuration"),
            cause: one_line(&error.to_string()),
        })
    }
}

/// Puts a value at a dotted key.
fn insert(table: &mut Table, name: &str, value: Value) {
    let Some((first, rest)) = name.split_once('.') else {
        table.insert(name.to_owned(), value);
        return;
    };
    let inner = table.entry(first).or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(inner) = inner {
        insert(inner, rest, value);
    }
}

/// A task whose name starts like those of VTAB must be one of them; else what would do.
fn task_is_known(key: &Key, value: &Value) -> Result<(), String> {
    let Some(name) = value.as_str().filter(|_| key.name == "data.name") else { return Ok(()) };
    if !name.to_lowercase().starts_with("vtab-") || catalogue::find(name).is_some() {
        return Ok(());
    }
    let nearest = catalogue::nearest(name);
    Err(format!("a task of `provpt data list` (the nearest is {nearest})"))
}

/// The key that a spelling means.
fn find(name: &str, origin: &str) -> Result<&'static Key, ConfigError> {
    let wanted = name.to_lowercase();
    let found =
        KEYS.iter().find(|key| key.name == wanted || key.aliases.contains(&wanted.as_str()));
    found.ok_or_else(|| {
        let score = |key: &Key| strsim::jaro_winkler(&wanted, key.name);
        let real = KEYS.iter().filter(|key| !matches!(key.kind, Kind::Ignored(_)));
        let nearest = real.max_by(|a, b| score(a).total_cmp(&score(b)));
        ConfigError::UnknownKey {
            key: name.to_owned(),
            nearest: nearest.map_or("", |key| key.name),
            origin: origin.to_owned(),
        }
    })
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
