use std::path::PathBuf;

use clap::{ArgGroup, Args};
use provpt::Learned;
use provpt::config::Config;

use crate::app::App;
use crate::failure::Failure;
use crate::images;
use crate::matrix::{Matrix, MatrixFormat};
use crate::overrides::announced;

/// Write the features of images, as a backbone sees them, with or without a run's prompts
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("source").required(true).multiple(true).args(["backbone", "run"]),
    after_help = "Example:
  provpt features --backbone vit_base_patch16_224 --set model.model_root=weights \\
    photos/ -o features.safetensors

.safetensors: tensor `features` [n, d], paths as JSON in the metadata; .npy: [n, d], paths in
NAME.paths.txt; .csv: path, f0, f1, ..."
)]
pub(crate) struct Features {
    /// A registered name or a checkpoint file; with --run, in place of the run's own
    #[arg(long, value_name = "NAME|FILE")]
    backbone: Option<String>,
    /// A run, whose prompts take part
    #[arg(long, value_name = "RUN")]
    run: Option<PathBuf>,
    /// Image files, and folders of them
    #[arg(value_name = "IMAGE|FOLDER", required = true)]
    images: Vec<PathBuf>,
    /// The file to write; its extension says how
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// A setting to change, as `key=value`; can be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl Features {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        MatrixFormat::of(&self.output)?;
        let paths = images::collect(&self.images)?;
        let learned = self.open(app)?;
        app.tell_assumptions(&learned);
        let bar = app.terminal.bar(paths.len(), "image");
        let values = learned.features(&paths, |done| bar.set_position(done as u64))?;
        bar.finish_and_clear();
        let width = learned.width();
        Matrix { paths: &paths, values: &values, width }.write(&self.output)?;
        let (n, output) = (paths.len(), self.output.display());
        app.terminal.result(&format!("{output}: features of {n} images, [{n}, {width}]"))
    }

    fn open(&self, app: &App) -> Result<Learned, Failure> {
        let backbone = self.backbone.iter().map(|backbone| format!("model.weights={backbone}"));
        let overrides: Vec<String> = backbone.chain(self.set.iter().cloned()).collect();
        let overrides = app.overrides(&overrides);
        match &self.run {
            Some(run) => Ok(Learned::open(run, &overrides)?),
            None => {
                let config = announced(Config::from_args(None, &overrides)?, app);
                Ok(Learned::bare(&config)?)
            }
        }
    }
}
