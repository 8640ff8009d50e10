use clap::Args;

use super::{Which, json, text};
use crate::app::App;
use crate::failure::Failure;

/// Tell what a checkpoint is, why it is taken for that, and how it would be used
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt weights inspect weights/ViT-B_16.npz --image-size 384")]
pub(crate) struct Inspect {
    #[command(flatten)]
    which: Which,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Inspect {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        let inspection = self.which.open()?;
        let told = if self.json {
            app.terminal.json(&json::described(&inspection))
        } else {
            app.terminal.result(&text::described(&inspection))
        };
        // What it is has been said; that it is no backbone is still the answer, heard or not.
        inspection.backbone.map_err(Failure::from).and(told)
    }
}
