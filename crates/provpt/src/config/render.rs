//! Settings as TOML: all keys with their help, or a configuration to run again.

use toml::{Table, Value};

use super::keys::KEYS;
use super::kind::Kind;
use super::{Config, values};

/// Every key with its default and a line of help.
pub fn render_defaults() -> String {
    let keys = KEYS.iter().filter(|key| !matches!(key.kind, Kind::Ignored(_)));
    page(keys.map(|key| {
        let help = format!("{} ({})", key.help, key.kind.expected());
        (key.name, Some(help), values::scalar(key.default))
    }))
}

/// A configuration as TOML; read back, it is the same configuration.
pub fn render(config: &Config) -> String {
    let leaves = leaves(config);
    page(leaves.iter().map(|(name, value)| (name.as_str(), None, value.clone())))
}

/// All settings by dotted key, in the order of [`KEYS`].
pub fn leaves(config: &Config) -> Vec<(String, Value)> {
    let root = Table::try_from(config).unwrap_or_default();
    let keys = KEYS.iter().filter_map(|key| {
        let mut value = None;
        let mut table = Some(&root);
        for part in key.name.split('.') {
            value = table.and_then(|table| table.get(part));
            table = value.and_then(Value::as_table);
        }
        value.map(|value| (key.name.to_owned(), value.clone()))
    });
    keys.collect()
}

fn page<'a>(keys: impl Iterator<Item = (&'a str, Option<String>, Value)>) -> String {
    let mut text = String::new();
    let mut section = "";
    for (name, help, value) in keys {
        let (table, leaf) = name.rsplit_once('.').unwrap_or(("", name));
        if table != section {
            text.push_str(&format!("\n[{table}]\n"));
            section = table;
        }
        if let Some(help) = help {
            text.push_str(&format!("# {help}\n"));
        }
        text.push_str(&format!("{leaf} = {value}\n"));
    }
    text
}
