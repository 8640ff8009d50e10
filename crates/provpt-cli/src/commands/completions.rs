use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::app::App;
use crate::args::Cli;
use crate::failure::Failure;

/// Print what makes a shell complete commands and options
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt completions bash > ~/.local/share/bash-completion/completions/provpt")]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "provpt", &mut script);
        app.terminal.result(String::from_utf8_lossy(&script).trim_end())
    }
}
