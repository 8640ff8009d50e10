//! What configurations mean, for the planning of sweeps.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;

use provpt::config::{self, Config};
use provpt_sweep::{Fault, Settings};
use serde_json::{Map, Value};

/// The program's configurations.
#[derive(Default)]
pub(super) struct Configurations {
    /// Keys that were given but change nothing, each with the reason.
    notices: RefCell<BTreeSet<String>>,
}

impl Configurations {
    /// What the user should hear about the settings.
    pub(super) fn notices(self) -> BTreeSet<String> {
        self.notices.into_inner()
    }
}

impl Settings for Configurations {
    fn key(&self, spelling: &str, origin: &str) -> Result<String, Fault> {
        Ok(config::key(spelling, origin)?.to_owned())
    }

    fn resolve(
        &self,
        base: Option<&Path>,
        overrides: &[(String, toml::Value)],
        origin: &str,
    ) -> Result<Map<String, Value>, Fault> {
        let loaded = Config::from_settings(base, overrides, origin)?;
        self.notices.borrow_mut().extend(loaded.notices);
        let leaves = config::leaves(&loaded.config).into_iter();
        let map = leaves.map(|(key, value)| Ok((key, serde_json::to_value(value)?)));
        map.collect()
    }
}
