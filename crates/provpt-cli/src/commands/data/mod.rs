//! Tasks and their files, a file per command.

mod check;
mod convert;
mod list;
mod show;
mod source;

use clap::Subcommand;

use crate::app::App;
use crate::failure::Failure;

/// Look at tasks and their files
#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    List(list::List),
    Check(check::Check),
    Convert(convert::Convert),
    Show(show::Show),
}

impl DataCommand {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        match self {
            Self::List(list) => list.run(app),
            Self::Check(check) => check.run(app),
            Self::Convert(convert) => convert.run(app),
            Self::Show(show) => show.run(app),
        }
    }
}
