//! From configuration to backbone, and to what images must look like.

use provpt_vit::weights::{LoadOptions, PICO, Source};
use provpt_vit::{Backbone, Error as VitError, Pooling};

use crate::config::{Config, Fit};
use crate::error::Error;
use crate::preprocessing::PreprocessRecord;

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
    };
    let name = if model.weights.is_empty() { &config.data.feature } else { &model.weights };
    let source = Source::resolve(name, &model.model_root)?;
    match Backbone::open(&source, &options) {
        Err(VitError::NoCheckpoint { name, .. }) if name == PICO => Ok(Backbone::pico(&options)?),
        other => Ok(other?),
    }
}

/// Settles preprocessing: what the configuration says, else what the backbone's record says.
pub(crate) fn preprocessing(
    config: &Config,
    backbone: &Backbone,
) -> Result<PreprocessRecord, Error> {
    let (data, record) = (&config.data, &backbone.preprocessing);
    let size = backbone.architecture.image_size;
    let interpolation = match data.interpolation.as_str() {
        "auto" => record.interpolation.as_str().to_owned(),
        chosen => chosen.to_owned(),
    };
    let resize_short = match data.fit {
        Fit::Short => Some(short_side(size)),
        Fit::Auto | Fit::Squash => None,
    };
    Ok(PreprocessRecord {
        size,
        resize_short,
        interpolation,
        mean: data.mean.given().map_or(record.mean, |m| m.map(|x| x as f32)),
        std: data.std.given().map_or(record.std, |s| s.map(|x| x as f32)),
    })
}

/// The short side before the crop: 256 for 224, as published for FGVC, and in proportion.
fn short_side(size: usize) -> usize {
    (size * 8).div_ceil(7)
}
