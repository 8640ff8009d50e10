//! Values as people write them on a command line.

use toml::{Table, Value};

use super::ConfigError;

/// A key with its value, as it is written.
pub(super) struct Pair {
    pub(super) key: String,
    pub(super) text: String,
}

/// Splits overrides into keys and values: `key=value`, or `KEY VALUE`.
pub(super) fn pairs(overrides: &[String]) -> Result<Vec<Pair>, ConfigError> {
    let mut pairs = Vec::new();
    let mut arguments = overrides.iter();
    while let Some(argument) = arguments.next() {
        let (key, text) = match argument.split_once('=') {
            Some((key, text)) => (key, text),
            None => {
                let none = || ConfigError::NoValue { argument: argument.clone() };
                (argument.as_str(), arguments.next().ok_or_else(none)?.as_str())
            }
        };
        pairs.push(Pair { key: key.trim().to_owned(), text: text.trim().to_owned() });
    }
    Ok(pairs)
}

/// A value: TOML if it is that (numbers, true, "quoted", [a, list]), Python's `True`, `False` and
/// `(1, 2)`, and else the text itself.
pub(super) fn scalar(text: &str) -> Value {
    match text {
        "True" => return Value::Boolean(true),
        "False" => return Value::Boolean(false),
        _ => {}
    }
    let inner = text.strip_prefix('(').and_then(|t| t.strip_suffix(')'));
    // To Python, too, it is the comma that makes a tuple; `()` or `(old)` may be a name.
    let tuple = inner.filter(|inner| inner.contains(','));
    let toml = tuple.map_or_else(|| text.to_owned(), |inner| format!("[{inner}]"));
    let parsed = toml::from_str::<Table>(&format!("value = {toml}"));
    let value = parsed.ok().and_then(|mut table| table.remove("value"));
    // Dates and tables are nothing that any key takes: leave such text alone.
    match value {
        Some(Value::Datetime(_) | Value::Table(_)) | None => Value::String(text.to_owned()),
        Some(value) => value,
    }
}
