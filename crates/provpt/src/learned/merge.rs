//! What was learned, put into the backbone's arrays for good.

use std::path::Path;

use provpt_vit::Backbone;

use super::open::Place;
use crate::error::Error;
use crate::learn::adapter::Adapter;
use crate::setup::open_backbone;

/// The backbone that computes by itself what a run learned: [`Learned::open`] tells which run and
/// `overrides` are meant. The head is not part of it.
///
/// [`Learned::open`]: crate::Learned::open
///
/// # Errors
/// As of opening it; or it has prompts or adapters, which are no arrays of a backbone.
pub fn merged(path: &Path, overrides: &[String]) -> Result<Backbone, Error> {
    let Place { config, adapter } = Place::find(path, overrides)?;
    let backbone = open_backbone(&config)?;
    let adapter = Adapter::load(&adapter, &backbone)?;
    if adapter.parameters.bank.is_some() {
        let method = adapter.config.method;
        return Err(Error::NotMerged { what: "prompts", method });
    }
    Ok(backbone.merged(&adapter.parameters.weights())?)
}
