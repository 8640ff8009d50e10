//! What YAML files say, in TOML's terms.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Value;

/// What an empty value is: Python's word, as on published command lines.
pub(super) const NONE: &str = "None";

/// A part of a YAML file. TOML has all of it but empty values.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected keys with values")]
pub(super) enum Node {
    Empty,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Table(BTreeMap<String, Node>),
}

impl Node {
    pub(super) fn into_toml(self) -> Value {
        match self {
            Self::Empty => Value::String(NONE.to_owned()),
            Self::Boolean(value) => Value::Boolean(value),
            Self::Integer(value) => Value::Integer(value),
            Self::Float(value) => Value::Float(value),
            Self::Text(value) => Value::String(value),
            Self::List(nodes) => Value::Array(nodes.into_iter().map(Self::into_toml).collect()),
            Self::Table(nodes) => {
                let nodes = nodes.into_iter().map(|(key, node)| (key, node.into_toml()));
                Value::Table(nodes.collect())
            }
        }
    }
}
