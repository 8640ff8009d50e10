//! `model.lora.targets`: beside which maps of a block there are matrices of low rank.

use toml::Value;

use super::rule::Rule;
use super::typed::Typed;

/// Maps, as they are spelled.
const NAMES: [&str; 6] = ["q", "k", "v", "proj", "fc1", "fc2"];

/// Beside which maps of a block there are matrices of low rank: at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LowRankTargets([bool; NAMES.len()]);

impl LowRankTargets {
    /// Queries and values, as published.
    pub const PUBLISHED: Self = Self([true, false, true, false, false, false]);

    /// The maps of these names: `q`, `k`, `v`, `proj`, `fc1`, `fc2`; none if one is none of them,
    /// or if there is none at all.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut all = [false; NAMES.len()];
        for name in names {
            all[NAMES.iter().position(|own| *own == name)?] = true;
        }
        all.contains(&true).then_some(Self(all))
    }

    /// Their names, in the order of a block.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        NAMES.into_iter().zip(self.0).filter(|(_, chosen)| *chosen).map(|(name, _)| name)
    }
}

impl Typed for LowRankTargets {
    fn accepts(_: &Rule) -> String {
        format!("some of {}, such as q,v", NAMES.join(", "))
    }

    fn read(value: &Value, _: &Rule) -> Option<Self> {
        match value {
            Value::String(text) => Self::of(text.to_lowercase().split(',').map(str::trim)),
            Value::Array(parts) => {
                Self::of(parts.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?)
            }
            _ => None,
        }
    }

    fn write(&self, _: &Rule) -> Value {
        Value::String(self.names().collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_comes_back() {
        let read = |value: Value| LowRankTargets::read(&value, &Rule::default());
        let text = |text: &str| read(Value::String(text.to_owned()));
        for bits in 1u32..1 << NAMES.len() {
            let chosen: [bool; 6] = std::array::from_fn(|i| bits >> i & 1 == 1);
            let targets = LowRankTargets(chosen);
            assert_eq!(read(targets.write(&Rule::default())), Some(targets));
        }
        assert_eq!(text("V, q"), Some(LowRankTargets::PUBLISHED));
        let list = Value::Array(vec![Value::String("q".into()), Value::String("v".into())]);
        assert_eq!(read(list), Some(LowRankTargets::PUBLISHED));
        for wrong in ["", "q,", "qkv", "q v"] {
            assert_eq!(text(wrong), None, "{wrong}");
        }
        assert_eq!(read(Value::Integer(1)), None);
    }
}
