use std::path::PathBuf;

use clap::Args;
use provpt_data::{Encoding, Form, convert};

use super::source::Source;
use crate::app::App;
use crate::failure::Failure;
use crate::late_bar::LateBar;

/// Write a task in another layout, without loss
///
/// To a folder as VTAB-1k's, with PNG images, or to Parquet as the `datasets` library of Hugging
/// Face reads it. Pixels, labels, names of classes and splits stay what they are; parts of a plain
/// folder that were drawn by chance are written as drawn. OUT appears when all of it is there.
#[derive(Debug, Args)]
#[command(
    allow_missing_positional = true,
    after_help = "Example:
  provpt data convert photos/ vtab/photos --to folder
  provpt data convert --name sprites-location sprites/ --to parquet"
)]
pub(crate) struct Convert {
    #[command(flatten)]
    source: Source,
    /// What to write
    #[arg(long, value_name = "LAYOUT")]
    to: Form,
    /// The folder to make; it must not be there yet
    #[arg(value_name = "OUT")]
    output: PathBuf,
    /// Keep image files as they are, JPEGs too, rather than make PNGs
    #[arg(long)]
    keep_encoding: bool,
}

impl Convert {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        app.limit_threads()?;
        self.source.keep_apart(&self.output)?;
        let task = self.source.open()?;
        app.terminal.note(&task.to_string());
        app.tell_assumptions(&task.notes());
        let bar = LateBar::new(&app.terminal, task.images(), "image");
        let encoding = if self.keep_encoding { Encoding::Keep } else { Encoding::Png };
        let done = convert(&task, self.to, encoding, &self.output, &|| bar.tick());
        drop(bar);
        done.map_err(provpt::Error::from)?;
        app.terminal.note(&format!("{}", self.output.display()));
        Ok(())
    }
}
