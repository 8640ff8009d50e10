use std::path::{Path, PathBuf};

use clap::Args;
use provpt_base::quoted;
use provpt_data::SheetOptions;
use provpt_runs::atomic;

use super::source::Source;
use crate::app::App;
use crate::failure::Failure;

/// Draw a contact sheet of labelled images
///
/// Equally many images of each class, sorted by class, each with its label and name. The same seed
/// draws the same images.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt data show photos/ -o sheet.png --split test --n 48")]
pub(crate) struct Show {
    #[command(flatten)]
    source: Source,
    /// The PNG file to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Split to show
    #[arg(long, value_name = "SPLIT", default_value = "train", value_parser = ["train", "val", "test"])]
    split: String,
    /// Images to show
    #[arg(long, value_name = "N", default_value_t = 64,
        value_parser = clap::value_parser!(u32).range(1..=SheetOptions::MOST as i64))]
    n: u32,
}

impl Show {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        app.limit_threads()?;
        is_png(&self.output)?;
        self.source.keep_apart(&self.output)?;
        let task = self.source.open()?;
        app.tell_assumptions(&task.notes());
        let options = SheetOptions {
            split: self.split.clone(),
            images: self.n as usize,
            seed: self.source.seed,
        };
        let sheet = task.sheet(&options).map_err(provpt::Error::from)?;
        let png = sheet.to_png().map_err(provpt::Error::from)?;
        atomic::create_parent(&self.output)?;
        atomic::write(&self.output, &png)?;
        app.terminal.note(&format!("{}", self.output.display()));
        Ok(())
    }
}

/// An ending that promises another kind of file is not believed in silence.
fn is_png(path: &Path) -> Result<(), Failure> {
    match path.extension() {
        Some(ending) if !ending.eq_ignore_ascii_case("png") => Err(Failure::usage(format!(
            "output: expected a file ending in .png, got {}",
            quoted(path)
        ))),
        _ => Ok(()),
    }
}
