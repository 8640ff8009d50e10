//! How many prompts each block has.

use std::fmt;
use std::path::Path;

use provpt_runs::{Metrics, RunFolder};
use toml::Value;

use super::rule::Rule;
use super::typed::Typed;
use crate::error::Error;

/// Prompts of each block, the first block first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution(pub Vec<usize>);

impl Distribution {
    /// That of a run's last epoch.
    pub(super) fn of_run(run: &Path) -> Result<Self, Error> {
        let metrics = Metrics::load(&RunFolder::open(run)?.metrics())?;
        let counts = metrics.last().map(|record| record.distribution.clone());
        let counts = counts.filter(|counts| !counts.is_empty());
        counts.map(Self).ok_or_else(|| Error::NoDistribution { run: run.to_owned() })
    }
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: Vec<String> = self.0.iter().map(usize::to_string).collect();
        write!(f, "[{}]", counts.join(", "))
    }
}

impl Typed for Distribution {
    fn accepts(_: &Rule) -> String {
        "a list of whole numbers, such as [6, 4, 2]".to_owned()
    }

    fn read(value: &Value, _: &Rule) -> Option<Self> {
        let count = |value: &Value| {
            let count = value.as_integer().and_then(|n| usize::try_from(n).ok());
            count.filter(|&n| n <= 10_000)
        };
        let counts: Vec<usize> = value.as_array()?.iter().map(count).collect::<Option<_>>()?;
        counts.iter().any(|&n| n > 0).then_some(Self(counts))
    }

    fn write(&self, _: &Rule) -> Value {
        Value::Array(self.0.iter().map(|&n| Value::Integer(n as i64)).collect())
    }
}
