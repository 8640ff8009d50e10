//! The device that is not the processor.

use super::Engine;
use super::meanwhile::pool;
use crate::alexnet::AlexNetShape;
use crate::error::Error;
use crate::{Backbone, Device, Precision};

/// A graphics card.
pub(super) type Card = crate::kernels::gpu::Gpu;

/// The card that is asked for, or none for the processor.
pub(super) fn open(device: Device, precision: Precision) -> Result<Option<Card>, Error> {
    crate::device::open(device, precision)
}

pub(super) fn name(card: &Card) -> &str {
    card.name()
}

pub(super) fn engine(card: Card, backbone: Backbone, threads: usize) -> Result<Engine, Error> {
    let engine = Engine::on(|_| Ok(card.clone()), backbone, threads)?;
    let meanwhile = Some(pool(threads)?);
    Ok(Engine { card: Some(card), meanwhile, ..engine })
}

/// Puts an AlexNet beside a network on a card.
pub(super) fn alexnet(card: &Card, beside: Engine, shape: AlexNetShape) -> Result<Engine, Error> {
    beside.with_alexnet_on(card.clone(), shape)
}
