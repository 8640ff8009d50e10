use std::path::PathBuf;

use clap::{Args, Subcommand};
use provpt_vit::weights::{LoadOptions, Source};
use provpt_vit::{Backbone, Pooling};

use crate::app::App;
use crate::failure::Failure;

/// Look at checkpoint files
#[derive(Debug, Subcommand)]
pub(crate) enum WeightsCommand {
    Inspect(Inspect),
}

/// Tell what a checkpoint is and how it would be used
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt weights inspect weights/ViT-B_16.npz --image-size 384")]
pub(crate) struct Inspect {
    /// A .safetensors, .npz, .pth, .pth.tar, .pt or .bin file
    file: PathBuf,
    /// Attention heads, where the file does not show them
    #[arg(long, value_name = "N")]
    heads: Option<usize>,
    /// Side of the images; position embeddings are resampled to it
    #[arg(long, value_name = "N")]
    image_size: Option<usize>,
}

impl WeightsCommand {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        let Self::Inspect(inspect) = self;
        let options = LoadOptions {
            image_size: inspect.image_size,
            heads: inspect.heads,
            ..LoadOptions::default()
        };
        let backbone = Backbone::open(&Source::File(inspect.file.clone()), &options)?;
        app.terminal.result(&described(&backbone))
    }
}

fn described(backbone: &Backbone) -> String {
    let report = &backbone.report;
    let dtypes: Vec<_> = report.dtypes.iter().map(|(dtype, n)| format!("{n} {dtype}")).collect();
    let parameters: usize = backbone.tensors.values().map(|tensor| tensor.data.len()).sum();
    let lines = [
        ("name", backbone.name.clone()),
        ("format", report.format.to_string()),
        ("naming", report.naming.to_string()),
        ("tensors", dtypes.join(", ")),
        ("parameters", format!("{parameters}, {:.2} million", parameters as f64 / 1e6)),
        ("blocks", architecture(backbone)),
        ("tokens", tokens(backbone)),
        ("pos-embed", position(backbone)),
        ("dropped", dropped(&report.dropped)),
        ("pixels", pixels(backbone)),
        ("sha256", backbone.sha256.clone()),
    ];
    lines.iter().map(|(name, value)| format!("{name:<12}{value}\n")).collect()
}

fn architecture(backbone: &Backbone) -> String {
    let a = &backbone.architecture;
    let guessed = if backbone.report.heads_assumed { " (guessed; --heads if wrong)" } else { "" };
    let scale = if a.layer_scale { ", LayerScale" } else { "" };
    let (depth, width, heads, mlp) = (a.depth, a.width, a.heads, a.mlp_width);
    format!("{depth}, width {width}, {heads} heads{guessed}, MLP {mlp}{scale}")
}

fn tokens(backbone: &Backbone) -> String {
    let a = &backbone.architecture;
    let pooling = match a.pooling {
        Pooling::Cls => "the CLS token",
        Pooling::Mean => "the mean over all tokens but CLS",
    };
    format!(
        "{} (images of {}x{1}, patches of {}x{2}); features: {pooling}",
        a.tokens(),
        a.image_size,
        a.patch_size
    )
}

fn position(backbone: &Backbone) -> String {
    match backbone.report.resampled {
        None => "as in the file".to_owned(),
        Some(r) => format!("resampled from {0}x{0} to {1}x{1} ({2})", r.from, r.to, r.method),
    }
}

fn dropped(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

fn pixels(backbone: &Backbone) -> String {
    let record = backbone.preprocessing;
    let why = if backbone.report.preprocessing_assumed {
        "assumed: no record of a backbone of this name".to_owned()
    } else {
        format!("the record of {}", backbone.name)
    };
    let interpolation = record.interpolation.as_str();
    format!("mean {:?}, std {:?}, {interpolation} ({why})", record.mean, record.std)
}
