use std::io::BufWriter;
use std::path::PathBuf;

use clap::Args;
use provpt::Error;
use provpt_runs::{RunFolder, atomic};

use super::Type;
use crate::app::App;
use crate::failure::Failure;
use crate::outputs::not_over;

/// Write a run's backbone with what was learned put into its weights: a safetensors file under
/// timm's names
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt weights merge out -o out/merged.safetensors
  provpt features --backbone out/merged.safetensors photos/ -o features.npy

What a run of lora, ssf, tinytl-bias, cls, partial-K or end2end learned is part of the weights then,
and costs nothing any more. The head is left out. Prompts, adapters and side networks are no weights
of a backbone: such runs are used with --run.")]
pub(crate) struct Merge {
    /// A run or an adapter
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// File to write; a file of this name is replaced
    #[arg(short, long, value_name = "OUT.safetensors")]
    output: PathBuf,
    /// Element type of the weights
    #[arg(long, value_name = "TYPE", default_value = "f32")]
    dtype: Type,
    /// A setting to change, such as where the backbone is now; can be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl Merge {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        let precision = self.dtype.precision();
        super::safetensors(&self.output)?;
        let backbone = provpt::merged(&self.run, &app.overrides(&self.set))?;
        not_over(&[RunFolder::at(&self.run).adapter()], &self.output)?;
        let source = self.run.file_name().unwrap_or_default().to_string_lossy().into_owned();
        atomic::create_parent(&self.output).map_err(Error::from)?;
        atomic::write_with(&self.output, |out| {
            backbone.write_to(&mut BufWriter::new(out), &source, precision)
        })?;
        let (tensors, output) = (backbone.tensors.len(), self.output.display());
        app.terminal.result(&format!("{output}: {}, {tensors} tensors, {precision}", backbone.name))
    }
}
