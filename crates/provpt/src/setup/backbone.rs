//! From configuration to backbone, and to what images must look like.

use provpt_vit::weights::{LoadOptions, PICO, Source};
use provpt_vit::{Backbone, Error as VitError, Pooling};

use crate::config::Config;
use crate::error::Error;

/// Opens the configured backbone. The embedded one needs no file, but a file of its name is
/// preferred.
pub(crate) fn open(config: &Config) -> Result<Backbone, Error> {
    let model = &config.model;
    let options = LoadOptions {
        image_size: Some(config.data.crop_size).filter(|&size| size > 0),
        heads: Some(model.heads).filter(|&heads| heads > 0),
        pooling: match model.pooling.as_str() {
            "cls" => Some(Pooling::Cls),
            "mean" => Some(Pooling::Mean),
            _ => None,
        },
        prefix: None,
    };
    let name = if model.weights.is_empty() { &config.data.feature } else { &model.weights };
    let source = Source::resolve(name, &model.model_root)?;
    match Backbone::open(&source, &options) {
        Err(VitError::NoCheckpoint { name, .. }) if name == PICO => Ok(Backbone::pico(&options)?),
        other => Ok(other?),
    }
}

/// What the backbone's file does not say and was guessed, a line each.
pub(crate) fn guesses(backbone: &Backbone) -> Vec<String> {
    let heads = backbone.architecture.heads;
    let line = |why: &String| format!("attention heads: {heads}, {why}; set model.heads if wrong");
    backbone.report.heads_guess.iter().map(line).collect()
}
