//! Settings as TOML: all keys with their help, or a configuration to run again.

use toml::Value;

use super::table::Section;
use super::{Config, keys, recipe};

/// Every key with its default and a line of help.
pub fn render_defaults() -> String {
    page(keys().iter().map(|key| {
        let ours = recipe::value(&key.name).map(|value| format!("; recipe = provpt: {value}"));
        let help = format!("{} ({}){}", key.help, key.accepts, ours.unwrap_or_default());
        (key.name.as_str(), Some(help), &key.default)
    }))
}

/// A configuration as TOML; read back, it is the same configuration.
pub fn render(config: &Config) -> String {
    let leaves = leaves(config);
    page(leaves.iter().map(|(name, value)| (name.as_str(), None, value)))
}

/// All settings by dotted key, in the order of [`keys()`].
pub fn leaves(config: &Config) -> Vec<(String, Value)> {
    let mut leaves = Vec::new();
    config.clone().visit(&mut |field| leaves.push((field.name(), field.value())));
    leaves
}

fn page<'a>(keys: impl Iterator<Item = (&'a str, Option<String>, &'a Value)>) -> String {
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
