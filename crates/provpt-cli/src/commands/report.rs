use std::path::PathBuf;

use clap::Args;
use provpt_runs::RunFolder;

use crate::app::App;
use crate::failure::Failure;

/// Make a run's report.html again, also of a run that is not finished
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt report runs/flowers")]
pub(crate) struct Report {
    /// The run's folder
    run: PathBuf,
}

impl Report {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        let folder = RunFolder::open(&self.run)?;
        provpt_runs::report::write(&folder)?;
        app.terminal.result(&folder.report().display().to_string())
    }
}
