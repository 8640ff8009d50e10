mod devices;
mod kept;
mod plan;
mod run;
mod settings;
mod status;
mod submit;
mod work;
mod worker;

use std::collections::BTreeMap;

use clap::Subcommand;

use crate::app::App;
use crate::failure::Failure;

/// Whole benchmarks: plan many runs, work on them on any number of machines, pick the best
#[derive(Debug, Subcommand)]
pub(crate) enum SweepCommand {
    Plan(plan::Plan),
    Run(run::Run),
    Worker(worker::Worker),
    Submit(submit::Submit),
    Status(status::Status),
    Keep(kept::Keep),
    Restore(kept::Restore),
}

impl SweepCommand {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        match self {
            Self::Plan(plan) => plan.run(app),
            Self::Run(run) => run.run(app),
            Self::Worker(worker) => worker.run(app),
            Self::Submit(submit) => submit.run(app),
            Self::Status(status) => status.run(app),
            Self::Keep(keep) => keep.run(app),
            Self::Restore(restore) => restore.run(app),
        }
    }
}

/// `base_lr 2.5, weight_decay 0.001`: values of a grid, without the sections of their keys.
fn values(values: &BTreeMap<String, serde_json::Value>) -> String {
    let name = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let pair = |(key, value): (&String, &serde_json::Value)| format!("{} {value}", name(key));
    values.iter().map(pair).collect::<Vec<_>>().join(", ")
}
