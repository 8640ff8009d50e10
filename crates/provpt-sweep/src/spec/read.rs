//! From TOML to a spec. Every key and name is checked, so that a slip is not a silent default.

use std::path::{Path, PathBuf};

use provpt_runs::MethodRow;
use provpt_runs::sweep::{Halving, Protocol};
use serde::Deserialize;
use toml::{Table, Value};

use super::grid::{Grid, grid};
use super::{Known, Part, Spec, unknown, wrong};
use crate::Error;
use crate::words::{self, PROTOCOLS, Setting};

const SEEDS: [u64; 3] = [18, 25, 42];
const KEYS: &[&str] = &[
    "protocol", "name", "base", "output", "seeds", "seed", "tasks", "task", "methods", "method",
    "set", "grid", "halving",
];

/// The file, of known keys only.
#[derive(Deserialize)]
struct Raw {
    protocol: String,
    name: String,
    base: Option<PathBuf>,
    output: Option<PathBuf>,
    seeds: Option<Vec<u64>>,
    seed: Option<u64>,
    #[serde(default)]
    tasks: Vec<String>,
    #[serde(default)]
    task: Vec<RawPart>,
    #[serde(default)]
    methods: Vec<String>,
    #[serde(default)]
    method: Vec<RawPart>,
    #[serde(default)]
    set: Table,
    grid: Option<Value>,
    halving: Option<RawHalving>,
}

#[derive(Deserialize)]
struct RawPart {
    name: String,
    #[serde(default)]
    set: Table,
    grid: Option<Value>,
}

#[derive(Deserialize)]
struct RawHalving {
    eta: usize,
    first: usize,
}

impl Spec {
    pub(super) fn parse(path: &Path, text: String, known: Known<'_>) -> Result<Self, Error> {
        let mut raw = raw(path, &text)?;
        let protocol = protocol(path, &raw.protocol)?;
        if protocol == Protocol::Mini && raw.tasks.is_empty() && raw.task.is_empty() {
            raw.tasks = known.mini.iter().map(|&name| name.to_owned()).collect();
        }
        let seeds = raw.seeds.unwrap_or_else(|| SEEDS.to_vec());
        let Some(&first) = seeds.first() else {
            return Err(wrong(path, "seeds", "at least one", "none"));
        };
        if let Some(twice) = (1..seeds.len()).find(|&i| seeds[..i].contains(&seeds[i])) {
            return Err(wrong(path, "seeds", "each once", seeds[twice]));
        }
        let spec = Self {
            protocol,
            name: file_name(path, "name", raw.name)?,
            base: raw.base.map(|base| path.parent().unwrap_or(Path::new("")).join(base)),
            output: PathBuf::new(),
            seed: raw.seed.unwrap_or(first),
            set: flat(&raw.set),
            tasks: parts(path, "task", raw.tasks, raw.task)?,
            methods: methods(path, parts(path, "method", raw.methods, raw.method)?, known.methods)?,
            grid: raw.grid.map(|value| grid(path, &value)).transpose()?.unwrap_or_default(),
            halving: raw.halving.map(|h| Halving { eta: h.eta, first: h.first }),
            path: path.to_owned(),
            text,
            seeds,
        };
        let output = raw.output.unwrap_or_else(|| Path::new("out").join(&spec.name));
        spec.check()?;
        Ok(Self { output, ..spec })
    }

    fn check(&self) -> Result<(), Error> {
        for (what, parts) in [("tasks", &self.tasks), ("methods", &self.methods)] {
            if parts.is_empty() {
                return Err(self.wrong(what, "at least one", "none"));
            }
        }
        let Some(halving) = self.halving else { return Ok(()) };
        if halving.eta < 2 {
            return Err(self.wrong("halving.eta", "at least 2", halving.eta));
        }
        if halving.first < 1 {
            return Err(self.wrong("halving.first", "at least 1", halving.first));
        }
        if self.protocol == Protocol::Grid && self.seeds.len() > 1 {
            let expected = "one seed, as halving compares trials of a grid";
            return Err(self.wrong("seeds", expected, self.seeds.len()));
        }
        Ok(())
    }
}

fn raw(path: &Path, text: &str) -> Result<Raw, Error> {
    let malformed = |cause: toml::de::Error| Error::Malformed {
        path: path.to_owned(),
        cause: cause.to_string().split_whitespace().collect::<Vec<_>>().join(" "),
    };
    let table: Table = toml::from_str(text).map_err(malformed)?;
    known(path, &table, KEYS)?;
    for (name, keys) in [("task", &["name", "set"][..]), ("method", &["name", "set", "grid"])] {
        let parts = table.get(name).and_then(Value::as_array).into_iter().flatten();
        for part in parts.filter_map(Value::as_table) {
            known(path, part, keys)?;
        }
    }
    if let Some(Value::Table(halving)) = table.get("halving") {
        known(path, halving, &["eta", "first"])?;
    }
    // From the text, not from the table: so errors have a line.
    toml::from_str(text).map_err(malformed)
}

fn known(path: &Path, table: &Table, keys: &[&str]) -> Result<(), Error> {
    match table.keys().find(|key| !keys.contains(&key.as_str())) {
        Some(key) => Err(unknown(path, "key", key, keys)),
        None => Ok(()),
    }
}

fn protocol(path: &Path, name: &str) -> Result<Protocol, Error> {
    let found = PROTOCOLS.iter().find(|(known, _)| *known == name);
    let names: Vec<&str> = PROTOCOLS.iter().map(|(name, _)| *name).collect();
    found.map(|&(_, protocol)| protocol).ok_or_else(|| unknown(path, "protocol", name, &names))
}

fn parts(
    path: &Path,
    kind: &str,
    names: Vec<String>,
    tables: Vec<RawPart>,
) -> Result<Vec<Part>, Error> {
    let named = names.into_iter().map(|name| RawPart { name, set: Table::new(), grid: None });
    let mut parts: Vec<Part> = Vec::new();
    for RawPart { name, set, grid: own } in named.chain(tables) {
        if parts.iter().any(|part| part.name == name) {
            return Err(wrong(path, kind, "each name once", name));
        }
        let own: Option<Grid> = own.map(|value| grid(path, &value)).transpose()?;
        parts.push(Part { name: file_name(path, kind, name)?, set: flat(&set), grid: own });
    }
    Ok(parts)
}

/// Puts what methods' names stand for in front of their own settings. A name that stands for
/// nothing needs settings.
fn methods(path: &Path, parts: Vec<Part>, known: &[MethodRow]) -> Result<Vec<Part>, Error> {
    let of = |part: Part| match known.iter().find(|method| method.name == part.name) {
        Some(method) => {
            let set = words::settings(method).into_iter().chain(part.set).collect();
            Ok(Part { set, ..part })
        }
        None if part.set.is_empty() => {
            let names: Vec<&str> = known.iter().map(|method| method.name).collect();
            Err(unknown(path, "method", &part.name, &names))
        }
        None => Ok(part),
    };
    parts.into_iter().map(of).collect()
}

/// Names become names of files.
fn file_name(path: &Path, what: &str, name: String) -> Result<String, Error> {
    let fits = !name.is_empty() && name.len() <= 100 && !name.starts_with('.');
    if fits && !name.contains(|c: char| c.is_control() || "/\\:*?<>|".contains(c)) {
        return Ok(name);
    }
    let expected = "a name of up to 100 letters that a file can have";
    Err(wrong(path, what, expected, format!("{name:?}")))
}

/// Settings by dotted key: tables within tables and dotted keys are the same.
fn flat(table: &Table) -> Vec<Setting> {
    let leaf = |(name, value): (&String, &Value)| match value {
        Value::Table(inner) => {
            flat(inner).into_iter().map(|(key, v)| (format!("{name}.{key}"), v)).collect()
        }
        value => vec![(name.clone(), value.clone())],
    };
    table.iter().flat_map(leaf).collect()
}
