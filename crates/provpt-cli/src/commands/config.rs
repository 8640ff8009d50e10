use clap::{Args, Subcommand};
use provpt::config;

use crate::app::App;
use crate::failure::Failure;
use crate::overrides::Settings;

/// Look at configurations
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    Print(Print),
}

/// Print every key with its default and a line of help; with settings, what they come to
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt config print experiment.yaml MODEL.PROMPT.NUM_TOKENS 20")]
pub(crate) struct Print {
    #[command(flatten)]
    settings: Settings,
}

impl ConfigCommand {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        let Self::Print(Print { settings }) = self;
        if settings.is_empty() {
            return app.terminal.result(&config::render_defaults());
        }
        app.terminal.result(&config::render(&settings.load(app)?))
    }
}
