use std::io::BufWriter;
use std::path::{Path, PathBuf};

use clap::Args;
use provpt_runs::atomic;

use super::{Type, Which, text};
use crate::app::App;
use crate::failure::Failure;
use crate::outputs::not_over;

/// Write a checkpoint anew: a safetensors file under timm's names, with a record of what it is
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt weights convert weights/mae_pretrain_vit_base.pth -o weights/mae_vitb16.safetensors

The file is as the backbone would be used: without heads and decoders, position embeddings at the
size of images that the record (or --image-size) says.")]
pub(crate) struct Convert {
    #[command(flatten)]
    which: Which,
    /// File to write; a file of this name is replaced
    #[arg(short, long, value_name = "OUT.safetensors")]
    output: PathBuf,
    /// Element type of the weights
    #[arg(long, value_name = "TYPE", default_value = "f32")]
    dtype: Type,
}

impl Convert {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        let precision = self.dtype.precision();
        super::safetensors(&self.output)?;
        let inspection = self.which.open()?;
        not_over(&inputs(&inspection.path), &self.output)?;
        let backbone = inspection.backbone?;
        app.tell_assumptions(&text::assumptions(&backbone));
        let file = inspection.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        atomic::create_parent(&self.output)?;
        atomic::write_with(&self.output, |out| {
            backbone.write_to(&mut BufWriter::new(out), &file, precision)
        })?;
        if let Some(r) = backbone.report.resampled {
            let (from, to, how) = (r.from, r.to, r.method);
            app.terminal.note(&format!(
                "position embeddings resampled from {from}x{from} to {to}x{to} ({how}), for images \
                 of {0}x{0}",
                backbone.architecture.image_size
            ));
        }
        let (tensors, output) = (backbone.tensors.len(), self.output.display());
        app.terminal.result(&format!("{output}: {}, {tensors} tensors, {precision}", backbone.name))
    }
}

/// What is read: an index stands for the files beside it.
fn inputs(path: &Path) -> Vec<PathBuf> {
    let beside = path.parent().filter(|_| path.extension().is_some_and(|end| end == "json"));
    beside.into_iter().chain([path]).map(Path::to_owned).collect()
}
