//! Sweeps on disk, for tests.

use std::path::Path;

use provpt_runs::MethodRow;
use provpt_runs::sweep::{Halving, Plan, Protocol, Stage, SweepFolder, SweepInfo, Trial};

use crate::Sweep;

/// Some methods.
pub(crate) fn methods() -> Vec<MethodRow> {
    let deep = |deep| vec![("model.transfer_type", "prompt"), ("model.prompt.deep", deep)];
    let linear = vec![("model.transfer_type", "linear")];
    vec![
        MethodRow { name: "linear", title: "linear probe", settings: linear },
        MethodRow { name: "vpt-shallow", title: "VPT-Shallow", settings: deep("false") },
        MethodRow { name: "vpt-deep", title: "VPT-Deep", settings: deep("true") },
    ]
}

/// A trial of the only group, with nothing to pick or be picked.
pub(crate) fn trial(stage: Stage, id: String, config: &serde_json::Value) -> Trial {
    Trial {
        stage,
        task: "t".to_owned(),
        method: "m".to_owned(),
        seed: 1,
        values: Default::default(),
        picks: Vec::new(),
        folder: format!("trials/{id}"),
        config: config.as_object().cloned().unwrap(),
        id,
    }
}

/// A planned sweep.
pub(crate) fn sweep(
    folder: &Path,
    name: &str,
    trials: Vec<Trial>,
    halving: Option<Halving>,
) -> Sweep {
    let info = SweepInfo {
        name: name.to_owned(),
        protocol: Protocol::Vtab,
        keys: trials.first().map(|t| t.values.keys().cloned().collect()).unwrap_or_default(),
        halving,
        trials: trials.len(),
        version: String::new(),
    };
    let at = SweepFolder::at(folder);
    info.store(&at.info()).unwrap();
    Plan { trials }.store(&at.plan()).unwrap();
    Sweep::open(folder).unwrap()
}
