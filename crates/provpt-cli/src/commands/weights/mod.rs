//! `weights inspect`, `weights convert` and `weights merge`.

mod convert;
mod inspect;
mod json;
mod merge;
mod text;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use provpt_vit::Pooling;
use provpt_vit::weights::{Inspection, LoadOptions, Precision, Source};

use crate::app::App;
use crate::failure::Failure;

/// Look at checkpoint files, and rewrite them
#[derive(Debug, Subcommand)]
pub(crate) enum WeightsCommand {
    Inspect(inspect::Inspect),
    Convert(convert::Convert),
    Merge(merge::Merge),
}

impl WeightsCommand {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        match self {
            Self::Inspect(inspect) => inspect.run(app),
            Self::Convert(convert) => convert.run(app),
            Self::Merge(merge) => merge.run(app),
        }
    }
}

/// Element type of what is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Type {
    F32,
    F16,
    Bf16,
}

impl Type {
    fn precision(self) -> Precision {
        match self {
            Self::F32 => Precision::F32,
            Self::F16 => Precision::F16,
            Self::Bf16 => Precision::Bf16,
        }
    }
}

/// Refuses a name that says another format.
fn safetensors(output: &Path) -> Result<(), Failure> {
    if output.extension().is_some_and(|end| end == "safetensors") {
        return Ok(());
    }
    let got = output.display();
    Err(Failure::usage(format!("--output: expected *.safetensors, got {got}")))
}

/// What to open, and what is known of it.
#[derive(Debug, Args)]
struct Which {
    /// A file or folder, a model's name, or hf://owner/name[@revision][:file]
    #[arg(value_name = "FILE|NAME")]
    weights: String,
    /// Folder that holds the files of models given by name, as the key model.model_root
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    model_root: PathBuf,
    /// Attention heads, where the file does not show them
    #[arg(long, value_name = "N")]
    heads: Option<usize>,
    /// Side of the images; position embeddings are resampled to it
    #[arg(long, value_name = "N")]
    image_size: Option<usize>,
    /// How features are read: the CLS token, or the mean over the others
    #[arg(long, value_name = "HOW")]
    pooling: Option<How>,
    /// What stands in front of the backbone's names, in a file that holds several models
    #[arg(long, value_name = "TEXT")]
    prefix: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum How {
    Cls,
    Mean,
}

impl Which {
    fn open(&self) -> Result<Inspection, Failure> {
        let options = LoadOptions {
            image_size: self.image_size,
            heads: self.heads,
            pooling: self.pooling.map(|how| match how {
                How::Cls => Pooling::Cls,
                How::Mean => Pooling::Mean,
            }),
            prefix: self.prefix.clone(),
        };
        let source = Source::resolve(&self.weights, &self.model_root)?;
        Ok(Inspection::open(&source, &options)?)
    }
}
