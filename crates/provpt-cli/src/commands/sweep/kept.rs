use std::path::PathBuf;

use clap::Args;
use provpt_sweep::{Restored, Sweep};

use crate::app::App;
use crate::failure::Failure;

/// Write the results of all finished trials to one file, from which another machine can go on
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt sweep keep out/vtab -o docs/vtab.jsonl")]
pub(crate) struct Keep {
    /// The sweep: its folder, or the plan in it
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// The file, one line per trial
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

/// Give trials of a sweep the results that `sweep keep` has written; those that have begun stay as
/// they are
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt sweep plan vtab.toml && provpt sweep restore out/vtab docs/vtab.jsonl")]
pub(crate) struct Restore {
    /// The sweep: its folder, or the plan in it
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// The file
    file: PathBuf,
}

impl Keep {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        let sweep = Sweep::open(&self.plan)?;
        let count = provpt_sweep::keep(&sweep, &self.output)?;
        let (all, file) = (sweep.trials.len(), self.output.display());
        app.terminal.result(&format!("{count} of {all} trials are finished: {file}"))
    }
}

impl Restore {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        let told = provpt_sweep::restore(&Sweep::open(&self.plan)?, &self.file)?;
        let Restored { restored, present, foreign } = told;
        app.terminal.result(&format!(
            "{restored} restored, {present} left as they are, {foreign} not in this plan"
        ))
    }
}
