use std::path::PathBuf;

use clap::{ArgGroup, Args};
use provpt::config::Config;
use provpt::{BareBackbone, Learned};
use provpt_runs::RunFolder;

use crate::app::App;
use crate::failure::Failure;
use crate::images::Images;
use crate::matrix::{Matrix, MatrixFormat};
use crate::outputs::not_over;
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
    /// A run or an adapter, whose prompts take part
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
    /// Whether a run's prompts take part.
    pub(crate) fn of_run(&self) -> bool {
        self.run.is_some()
    }

    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        MatrixFormat::of(&self.output)?;
        self.keep_apart()?;
        let images = Images::find(&self.images);
        let extractor = self.open(app)?;
        app.tell_assumptions(extractor.assumptions());
        let bar = app.terminal.bar(images.files.len(), "image");
        let (mut paths, mut values) = (Vec::new(), Vec::new());
        let done = images.each(
            app,
            |batch| extractor.features(batch),
            |batch, mut features| {
                paths.extend_from_slice(batch);
                values.append(&mut features);
                bar.set_position(paths.len() as u64);
                Ok(())
            },
        );
        bar.finish_and_clear();
        if paths.is_empty() {
            return done;
        }
        let width = extractor.width();
        Matrix { paths: &paths, values: &values, width }.write(&self.output)?;
        let (n, output) = (paths.len(), self.output.display());
        app.terminal.result(&format!("{output}: features of {n} images, [{n}, {width}]"))?;
        done
    }

    /// Refuses an output over what is read, or among the images.
    fn keep_apart(&self) -> Result<(), Failure> {
        let weights = self.backbone.iter().map(PathBuf::from);
        let alone = |run: &PathBuf| !RunFolder::at(run).config().is_file();
        let adapter = |run: &PathBuf| {
            if alone(run) { run.clone() } else { RunFolder::at(run).adapter() }
        };
        let read: Vec<PathBuf> = weights.chain(self.run.iter().map(adapter)).collect();
        not_over(&read, &self.output)?;
        for folder in &self.images {
            provpt_data::keep_apart(folder, &self.output).map_err(provpt::Error::from)?;
        }
        Ok(())
    }

    fn open(&self, app: &App) -> Result<Extractor, Failure> {
        let backbone = self.backbone.iter().map(|backbone| format!("model.weights={backbone}"));
        let overrides: Vec<String> = backbone.chain(self.set.iter().cloned()).collect();
        let overrides = app.overrides(&overrides);
        match &self.run {
            Some(run) => Ok(Extractor::Learned(Box::new(Learned::open(run, &overrides)?))),
            None => {
                let config = announced(Config::from_args(None, &overrides)?, app);
                Ok(Extractor::Bare(Box::new(BareBackbone::open(&config)?)))
            }
        }
    }
}

/// What makes the features.
enum Extractor {
    Learned(Box<Learned>),
    Bare(Box<BareBackbone>),
}

impl Extractor {
    /// Features `[n, d]` of image files.
    fn features(&self, paths: &[PathBuf]) -> Result<Vec<f32>, provpt::Error> {
        match self {
            Self::Learned(learned) => learned.features(paths, |_| {}),
            Self::Bare(bare) => bare.features(paths, |_| {}),
        }
    }

    fn assumptions(&self) -> &[String] {
        match self {
            Self::Learned(learned) => learned.assumptions(),
            Self::Bare(bare) => bare.assumptions(),
        }
    }

    fn width(&self) -> usize {
        match self {
            Self::Learned(learned) => learned.width(),
            Self::Bare(bare) => bare.width(),
        }
    }
}
