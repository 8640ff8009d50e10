//! From configuration to backbone, and to what images must look like.

use provpt_vit::Backbone;
use provpt_vit::weights::{AlexNet, LoadOptions, SideNetwork, Source};

use crate::config::Config;
use crate::error::Error;

/// Opens the configured backbone.
pub(crate) fn open(config: &Config) -> Result<Backbone, Error> {
    let model = &config.model;
    let options = LoadOptions {
        image_size: config.data.crop_size,
        heads: model.heads,
        pooling: model.pooling,
        prefix: None,
    };
    let name = model.weights.as_ref().unwrap_or(&config.data.feature);
    let source = Source::resolve(name, &model.model_root)?;
    Ok(Backbone::open(&source, &options)?)
}

/// Opens the network that learns beside a backbone for images of such a size; where none is named it is
/// the published one.
pub(crate) fn open_side(config: &Config, image_size: usize) -> Result<SideNetwork, Error> {
    let name = config.model.side.as_deref().unwrap_or(AlexNet::NAME);
    Ok(SideNetwork::open(name, &config.model.model_root, image_size)?)
}

/// What the backbone's file does not say and was guessed, a line each.
pub(crate) fn guesses(backbone: &Backbone) -> Vec<String> {
    let heads = backbone.architecture.heads;
    let line = |why: &String| format!("attention heads: {heads}, {why}; set model.heads if wrong");
    backbone.report.heads_guess.iter().map(line).collect()
}
