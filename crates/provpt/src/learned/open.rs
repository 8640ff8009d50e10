//! Opens what was learned, wherever it lies: a run's folder, its adapter, or a copy of the adapter.

use std::path::{Path, PathBuf};

use provpt_runs::RunFolder;

use crate::config::Config;
use crate::error::Error;
use crate::learn::adapter::{Adapter, AdapterConfig};
use crate::learned::Learned;
use crate::run::load_config;
use crate::run::places::{TO_ITS_BACKBONE, TO_LOOK_AT, moved};
use crate::setup::open_backbone;

/// Where what was learned lies, and what its backbone is opened by.
pub(super) struct Place {
    pub(super) config: Config,
    /// The adapter's folder.
    pub(super) adapter: PathBuf,
}

impl Place {
    /// A run's folder, or an adapter's folder alone.
    ///
    /// # Errors
    /// There is neither, or an override is not for this.
    pub(super) fn find(path: &Path, overrides: &[String]) -> Result<Self, Error> {
        if RunFolder::at(path).config().is_file() || !Adapter::is_in(path) {
            return Self::of_run(&RunFolder::open(path)?, overrides, TO_LOOK_AT);
        }
        let config = moved(&config_of(path)?, overrides, TO_ITS_BACKBONE)?;
        Ok(Self { config, adapter: path.to_owned() })
    }

    /// A run's folder, some settings of which may be given anew.
    pub(super) fn of_run(
        run: &RunFolder,
        overrides: &[String],
        may: &'static [&'static str],
    ) -> Result<Self, Error> {
        let config = moved(&load_config(run)?, overrides, may)?;
        if !Adapter::is_whole_in(&run.adapter()) {
            return Err(Error::NothingLearned { path: run.path().to_owned() });
        }
        Ok(Self { config, adapter: run.adapter() })
    }

    /// What was learned, on its backbone.
    pub(super) fn open(&self) -> Result<Learned, Error> {
        Learned::configured(open_backbone(&self.config)?, &self.adapter, &self.config)
    }
}

impl Learned {
    /// Opens a run's folder, or an adapter's folder alone. `overrides` are settings that say where
    /// the backbone is now (`model.weights=FILE`, `model.model_root=FOLDER`). An adapter that lies
    /// in no run is taken to its backbone by the backbone's name.
    ///
    /// # Errors
    /// There is neither a run nor an adapter, or the backbone cannot be read or is another one.
    pub fn open(path: &Path, overrides: &[String]) -> Result<Self, Error> {
        Place::find(path, overrides)?.open()
    }
}

/// The configuration of the run that an adapter lies in, else one that names its backbone.
fn config_of(adapter: &Path) -> Result<Config, Error> {
    let absolute = std::path::absolute(adapter)?;
    let run = absolute.parent().map(RunFolder::at).filter(|run| run.config().is_file());
    if let Some(run) = run {
        return load_config(&run);
    }
    let AdapterConfig { backbone, preprocessing, network, side, .. } =
        AdapterConfig::load(adapter)?;
    let mut config = Config::default();
    config.data.feature = backbone;
    config.model.side = side;
    config.data.crop_size = Some(preprocessing.size);
    if let Some(network) = network {
        // A guess is made anew, so that it is told again.
        config.model.heads = (!network.heads_guessed).then_some(network.heads);
        config.model.pooling = Some(network.pooling);
    }
    Ok(config)
}
