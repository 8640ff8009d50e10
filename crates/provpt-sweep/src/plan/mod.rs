//! From a spec to trials, and to a folder that holds their plan.

mod expand;
mod id;
mod store;

use std::path::Path;

use provpt_runs::sweep::{Plan, SweepFolder, SweepInfo};
use serde_json::{Map, Value};

use crate::error::Fault;
use crate::{Error, Spec};

/// Whoever knows what configurations mean.
pub trait Settings {
    /// The dotted key that a spelling means; `origin` says where it stood.
    ///
    /// # Errors
    /// There is no such key.
    fn key(&self, spelling: &str, origin: &str) -> Result<String, Fault>;

    /// All settings by dotted key: defaults, then a file, then `overrides` in order.
    ///
    /// # Errors
    /// The file cannot be read, a key is unknown, or a value does not suit its key.
    fn resolve(
        &self,
        base: Option<&Path>,
        overrides: &[(String, toml::Value)],
        origin: &str,
    ) -> Result<Map<String, Value>, Fault>;
}

/// A sweep that has been planned.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Where.
    pub folder: SweepFolder,
    /// The sweep as a whole.
    pub info: SweepInfo,
    /// Its trials.
    pub plan: Plan,
}

/// Expands a spec into `folder`: `sweep.toml`, `sweep.json` and, last, `plan.jsonl`. A folder that
/// has the same plan already is left as it is.
///
/// # Errors
/// The spec asks for something that cannot be, [`Error::OtherPlan`], or a file cannot be written.
pub fn plan(spec: &Spec, settings: &dyn Settings, folder: &Path) -> Result<Planned, Error> {
    let (plan, keys) = expand::expand(spec, settings)?;
    let info = SweepInfo {
        name: spec.name.clone(),
        protocol: spec.protocol,
        keys,
        halving: spec.halving,
        trials: plan.trials.len(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let folder = SweepFolder::at(folder);
    store::store(spec, &folder, &info, &plan)?;
    Ok(Planned { folder, info, plan })
}

#[cfg(test)]
mod tests;
