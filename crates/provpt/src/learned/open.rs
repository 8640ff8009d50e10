//! Opens what was learned, wherever it lies: a run's folder, its adapter, or a copy of the adapter.

use std::path::Path;

use provpt_runs::RunFolder;

use crate::config::Config;
use crate::error::Error;
use crate::learn::adapter::{Adapter, AdapterConfig};
use crate::learned::{FinishedRun, Learned};
use crate::run::places::{TO_ITS_BACKBONE, moved};
use crate::setup::open_backbone;

impl Learned {
    /// Opens a run's folder, or an adapter's folder alone. `overrides` are settings that say where
    /// the backbone is now (`model.weights=FILE`, `model.model_root=FOLDER`). An adapter that lies
    /// in no run is taken to its backbone by the backbone's name.
    ///
    /// # Errors
    /// There is neither a run nor an adapter, or the backbone cannot be read or is another one.
    pub fn open(path: &Path, overrides: &[String]) -> Result<Self, Error> {
        if RunFolder::at(path).config().is_file() || !Adapter::is_in(path) {
            return Ok(FinishedRun::open(path, overrides)?.learned);
        }
        let config = moved(&config_of(path)?, overrides, TO_ITS_BACKBONE)?;
        Self::configured(open_backbone(&config)?, path, &config)
    }
}

/// The configuration of the run that an adapter lies in, else one that names its backbone.
fn config_of(adapter: &Path) -> Result<Config, Error> {
    let absolute = std::path::absolute(adapter)?;
    let run = absolute.parent().map(RunFolder::at).filter(|run| run.config().is_file());
    if let Some(run) = run {
        return crate::run::load_config(&run);
    }
    let AdapterConfig { backbone, preprocessing, network, .. } = AdapterConfig::load(adapter)?;
    let mut config = Config::default();
    config.data.feature = backbone;
    config.data.crop_size = Some(preprocessing.size);
    if let Some(network) = network {
        // A guess is made anew, so that it is told again.
        config.model.heads = (!network.heads_guessed).then_some(network.heads);
        config.model.pooling = Some(network.pooling);
    }
    Ok(config)
}
