//! Tasks and their files, a file per command.

mod list;

use clap::Subcommand;

use crate::app::App;
use crate::failure::Failure;

/// Look at tasks and their files
#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    List(list::List),
}

impl DataCommand {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        match self {
            Self::List(list) => list.run(app),
        }
    }
}
