//! What narrows the values of a setting beyond its type.

use std::ops::{Range, RangeFrom, RangeInclusive};

use toml::Value;

/// The numbers that a setting takes, and how its files spell that there is no value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    least: f64,
    most: f64,
    /// Whether `most` itself will do.
    inclusive: bool,
    /// As TOML, or a word.
    none: &'static str,
}

/// The word for values that provpt chooses.
pub(super) const AUTO: &str = "auto";

impl Default for Rule {
    /// Any number, and `auto`.
    fn default() -> Self {
        Self { least: f64::NEG_INFINITY, most: f64::INFINITY, inclusive: true, none: AUTO }
    }
}

impl Rule {
    pub(super) fn within(self, limits: impl Into<Limits>) -> Self {
        let Limits { least, most, inclusive } = limits.into();
        Self { least, most, inclusive, ..self }
    }

    pub(super) fn none(self, none: &'static str) -> Self {
        Self { none, ..self }
    }

    pub(super) fn allows(&self, number: f64) -> bool {
        let small = if self.inclusive { number <= self.most } else { number < self.most };
        number.is_finite() && number >= self.least && small
    }

    /// The smallest number, in words.
    pub(super) fn at_least(&self) -> String {
        format!("of at least {}", self.least)
    }

    /// The range in words.
    pub(super) fn range(&self) -> String {
        match self.inclusive {
            true => self.at_least(),
            false => format!("from {} up to, not including, {}", self.least, self.most),
        }
    }

    /// The largest number, if that is what the value exceeds.
    pub(super) fn exceeded_by(&self, value: &Value) -> Option<f64> {
        let number = match value {
            Value::Integer(n) => *n as f64,
            Value::Float(x) => *x,
            _ => return None,
        };
        (self.inclusive && number > self.most).then_some(self.most)
    }

    pub(super) fn is_auto(&self) -> bool {
        self.none == AUTO
    }

    /// How `None` is written.
    pub(super) fn spelled_none(&self) -> Value {
        super::values::scalar(self.none)
    }

    pub(super) fn is_none(&self, value: &Value) -> bool {
        match value {
            Value::String(word) if self.is_auto() => word.eq_ignore_ascii_case(AUTO),
            other => *other == self.spelled_none(),
        }
    }
}

/// A range of numbers.
pub(super) struct Limits {
    least: f64,
    most: f64,
    inclusive: bool,
}

impl From<RangeFrom<f64>> for Limits {
    fn from(range: RangeFrom<f64>) -> Self {
        Self { least: range.start, most: f64::INFINITY, inclusive: true }
    }
}

impl From<Range<f64>> for Limits {
    fn from(range: Range<f64>) -> Self {
        Self { least: range.start, most: range.end, inclusive: false }
    }
}

impl From<RangeInclusive<f64>> for Limits {
    fn from(range: RangeInclusive<f64>) -> Self {
        Self { least: *range.start(), most: *range.end(), inclusive: true }
    }
}

impl From<RangeFrom<i64>> for Limits {
    fn from(range: RangeFrom<i64>) -> Self {
        Self { least: range.start as f64, most: f64::INFINITY, inclusive: true }
    }
}

impl From<RangeInclusive<i64>> for Limits {
    fn from(range: RangeInclusive<i64>) -> Self {
        Self { least: *range.start() as f64, most: *range.end() as f64, inclusive: true }
    }
}
