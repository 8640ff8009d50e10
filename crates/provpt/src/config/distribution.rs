//! How many prompts each block has.

use std::fmt;
use std::path::Path;

use provpt_runs::{Metrics, RunFolder};
use toml::Value;

use super::rule::Rule;
use super::typed::Typed;
use crate::error::Error;

/// How many prompts each block has before the first move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// So many, the first block first.
    Counts(Vec<usize>),
    /// As many in all as if every block had `num_tokens`, by what the gradients of training images ask
    /// for.
    Demand,
}

/// The word for a distribution by demand.
const DEMAND: &str = "demand";

impl Distribution {
    /// That of a run's last epoch.
    pub(super) fn of_run(run: &Path) -> Result<Self, Error> {
        let metrics = Metrics::load(&RunFolder::open(run)?.metrics())?;
        let counts = metrics.last().map(|record| record.distribution.clone());
        let counts = counts.filter(|counts| !counts.is_empty());
        counts.map(Self::Counts).ok_or_else(|| Error::NoDistribution { run: run.to_owned() })
    }
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Counts(counts) = self else { return f.write_str(DEMAND) };
        let counts: Vec<String> = counts.iter().map(usize::to_string).collect();
        write!(f, "[{}]", counts.join(", "))
    }
}

impl Typed for Distribution {
    fn accepts(_: &Rule) -> String {
        format!("a list of whole numbers, such as [6, 4, 2], or {DEMAND}")
    }

    fn read(value: &Value, _: &Rule) -> Option<Self> {
        if value.as_str() == Some(DEMAND) {
            return Some(Self::Demand);
        }
        let count = |value: &Value| {
            let count = value.as_integer().and_then(|n| usize::try_from(n).ok());
            count.filter(|&n| n <= 10_000)
        };
        let counts: Vec<usize> = value.as_array()?.iter().map(count).collect::<Option<_>>()?;
        counts.iter().any(|&n| n > 0).then_some(Self::Counts(counts))
    }

    fn write(&self, _: &Rule) -> Value {
        let Self::Counts(counts) = self else { return DEMAND.into() };
        Value::Array(counts.iter().map(|&n| Value::Integer(n as i64)).collect())
    }
}
