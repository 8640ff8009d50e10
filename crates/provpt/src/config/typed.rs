//! The types that settings have: from TOML values and back, and what they accept in words.

use std::path::PathBuf;

use toml::Value;

use super::rule::{AUTO, Rule};
use crate::math::choice::Choice;

/// A type that settings can have.
pub(super) trait Typed: Sized + PartialEq {
    /// What it accepts, in words.
    fn accepts(rule: &Rule) -> String;
    /// The value; none if it does not suit.
    fn read(value: &Value, rule: &Rule) -> Option<Self>;
    /// As it is written to files.
    fn write(&self, rule: &Rule) -> Value;
}

/// A setting of some type.
pub(super) trait Setting {
    /// What it accepts.
    fn in_words(&self, rule: &Rule) -> String;
    fn to_toml(&self, rule: &Rule) -> Value;
    /// Whether it is the same value when it is read from what was written.
    fn can_be_written(&self, rule: &Rule) -> bool;
    /// Takes a value, and says whether it suits.
    fn set(&mut self, value: &Value, rule: &Rule) -> bool;
}

impl<T: Typed> Setting for T {
    fn in_words(&self, rule: &Rule) -> String {
        T::accepts(rule)
    }

    fn to_toml(&self, rule: &Rule) -> Value {
        self.write(rule)
    }

    fn can_be_written(&self, rule: &Rule) -> bool {
        T::read(&self.write(rule), rule).is_some_and(|read| read == *self)
    }

    fn set(&mut self, value: &Value, rule: &Rule) -> bool {
        let read = T::read(value, rule);
        let suits = read.is_some();
        if let Some(read) = read {
            *self = read;
        }
        suits
    }
}

impl Typed for bool {
    fn accepts(_: &Rule) -> String {
        "true or false".to_owned()
    }

    fn read(value: &Value, _: &Rule) -> Option<Self> {
        value.as_bool()
    }

    fn write(&self, _: &Rule) -> Value {
        Value::Boolean(*self)
    }
}

impl Typed for u64 {
    fn accepts(rule: &Rule) -> String {
        format!("a whole number {}", rule.at_least())
    }

    fn read(value: &Value, rule: &Rule) -> Option<Self> {
        let number = value.as_integer().filter(|&n| rule.allows(n as f64));
        number.and_then(|n| Self::try_from(n).ok())
    }

    fn write(&self, _: &Rule) -> Value {
        // TOML has no larger numbers; such a value is no number when it is read.
        i64::try_from(*self).map_or_else(|_| Value::String(self.to_string()), Value::Integer)
    }
}

impl Typed for usize {
    fn accepts(rule: &Rule) -> String {
        u64::accepts(rule)
    }

    fn read(value: &Value, rule: &Rule) -> Option<Self> {
        u64::read(value, rule).and_then(|n| Self::try_from(n).ok())
    }

    fn write(&self, rule: &Rule) -> Value {
        (*self as u64).write(rule)
    }
}

impl Typed for f64 {
    fn accepts(rule: &Rule) -> String {
        format!("a number {}", rule.range())
    }

    fn read(value: &Value, rule: &Rule) -> Option<Self> {
        let number = match value {
            Value::Integer(n) => *n as Self,
            Value::Float(x) => *x,
            _ => return None,
        };
        rule.allows(number).then_some(number)
    }

    fn write(&self, _: &Rule) -> Value {
        Value::Float(*self)
    }
}

/// One number per channel.
impl Typed for [f64; 3] {
    fn accepts(_: &Rule) -> String {
        "three numbers".to_owned()
    }

    fn read(value: &Value, rule: &Rule) -> Option<Self> {
        let numbers: Option<Vec<f64>> =
            value.as_array()?.iter().map(|part| f64::read(part, rule)).collect();
        numbers?.try_into().ok()
    }

    fn write(&self, _: &Rule) -> Value {
        Value::Array(self.iter().copied().map(Value::Float).collect())
    }
}

impl Typed for String {
    fn accepts(_: &Rule) -> String {
        "text".to_owned()
    }

    /// A whole number without quotes is text where text is wanted: `name = 42`. What other numbers
    /// and truths were written as cannot be told: `1.10`, `1e3`, `012` and `no` of YAML.
    fn read(value: &Value, _: &Rule) -> Option<Self> {
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Integer(number) => Some(number.to_string()),
            _ => None,
        }
    }

    fn write(&self, _: &Rule) -> Value {
        Value::String(self.clone())
    }
}

impl Typed for PathBuf {
    fn accepts(rule: &Rule) -> String {
        String::accepts(rule)
    }

    fn read(value: &Value, rule: &Rule) -> Option<Self> {
        String::read(value, rule).map(Self::from)
    }

    fn write(&self, _: &Rule) -> Value {
        Value::String(self.to_string_lossy().into_owned())
    }
}

impl<T: Choice> Typed for T {
    fn accepts(_: &Rule) -> String {
        let names: Vec<&str> = T::TABLE.iter().map(|&(name, _)| name).collect();
        format!("one of {}", names.join(", "))
    }

    fn read(value: &Value, _: &Rule) -> Option<Self> {
        let word = value.as_str()?.to_lowercase();
        T::TABLE.iter().find(|&&(name, _)| name == word).map(|&(_, value)| value)
    }

    fn write(&self, _: &Rule) -> Value {
        Value::String(self.name().to_owned())
    }
}

/// What provpt chooses unless it is given.
impl<T: Typed> Typed for Option<T> {
    fn accepts(rule: &Rule) -> String {
        let given = T::accepts(rule);
        match given.strip_prefix("one of ") {
            _ if !rule.is_auto() => given,
            Some(names) => format!("one of {AUTO}, {names}"),
            None => format!("{AUTO} or {given}"),
        }
    }

    fn read(value: &Value, rule: &Rule) -> Option<Self> {
        if rule.is_none(value) { Some(None) } else { T::read(value, rule).map(Some) }
    }

    fn write(&self, rule: &Rule) -> Value {
        self.as_ref().map_or_else(|| rule.spelled_none(), |value| value.write(rule))
    }
}
