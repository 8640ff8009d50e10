//! Kinds of values: what a key accepts, and how strictly.

use toml::Value;

/// What a key accepts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// `true` or `false`.
    Switch,
    /// A whole number from the given one up.
    Count(i64),
    /// A count, or `auto`.
    CountOrAuto(i64),
    /// A number between the two; the upper bound itself is excluded unless infinite.
    Number(f64, f64),
    /// Any text.
    Text,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// One of these words, or `auto`.
    ChoiceOrAuto(&'static [&'static str]),
    /// Three numbers, or `auto`.
    TripleOrAuto,
    /// Accepted for the sake of published command lines; changes nothing.
    Ignored(&'static str),
}

impl Kind {
    /// In words.
    pub fn expected(&self) -> String {
        match self {
            Self::Switch => "true or false".to_owned(),
            Self::Count(min) => format!("a whole number of at least {min}"),
            Self::CountOrAuto(min) => format!("auto or a whole number of at least {min}"),
            Self::Number(min, max) if max.is_infinite() => format!("a number of at least {min}"),
            Self::Number(min, max) => format!("a number from {min} up to, not including, {max}"),
            Self::Text => "text".to_owned(),
            Self::Choice(names) => format!("one of {}", names.join(", ")),
            Self::ChoiceOrAuto(names) => format!("one of auto, {}", names.join(", ")),
            Self::TripleOrAuto => "auto or three numbers".to_owned(),
            Self::Ignored(_) => "anything".to_owned(),
        }
    }

    /// The value in the form that the typed tree takes; none if it does not suit.
    pub(super) fn accept(&self, value: &Value) -> Option<Value> {
        match (self, value) {
            (Self::Switch, Value::Boolean(_)) | (Self::Text, Value::String(_)) => {
                Some(value.clone())
            }
            // Unquoted numbers and words are text where text is wanted: `data.name=42`.
            (Self::Text, Value::Integer(_) | Value::Float(_) | Value::Boolean(_)) => {
                Some(Value::String(value.to_string()))
            }
            (Self::Count(min) | Self::CountOrAuto(min), Value::Integer(n)) if n >= min => {
                Some(value.clone())
            }
            (Self::Number(min, max), _) => {
                number(value).filter(|n| n >= min && n < max).map(Value::Float)
            }
            (Self::Choice(names) | Self::ChoiceOrAuto(names), Value::String(word)) => {
                let word = word.to_lowercase();
                let auto = matches!(self, Self::ChoiceOrAuto(_)) && word == "auto";
                (auto || names.contains(&word.as_str())).then_some(Value::String(word))
            }
            (Self::CountOrAuto(_) | Self::TripleOrAuto, Value::String(word)) => {
                (word.to_lowercase() == "auto").then(|| Value::String("auto".to_owned()))
            }
            (Self::TripleOrAuto, Value::Array(parts)) if parts.len() == 3 => {
                let numbers: Option<Vec<Value>> =
                    parts.iter().map(|part| number(part).map(Value::Float)).collect();
                numbers.map(Value::Array)
            }
            _ => None,
        }
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(n) => Some(*n as f64),
        Value::Float(x) if x.is_finite() => Some(*x),
        _ => None,
    }
}
