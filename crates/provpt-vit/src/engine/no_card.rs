//! What stands for a graphics card in builds that know none: nothing, so that there never is one.

use super::Engine;
use crate::alexnet::AlexNetShape;
use crate::error::Error;
use crate::{Backbone, Device, Precision};

/// There is none.
#[derive(Clone)]
pub(super) enum Card {}

/// None, for the processor.
///
/// # Errors
/// A card is asked for.
pub(super) fn open(device: Device, _: Precision) -> Result<Option<Card>, Error> {
    crate::device::check(device).map(|()| None)
}

pub(super) fn name(card: &Card) -> &str {
    match *card {}
}

pub(super) fn engine(card: Card, _: Backbone, _: usize) -> Result<Engine, Error> {
    match card {}
}

pub(super) fn alexnet(card: &Card, _: Engine, _: AlexNetShape) -> Result<Engine, Error> {
    match *card {}
}
