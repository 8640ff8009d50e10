//! A device that has no room, or breaks down on the way.

use super::counted::Counts;
use super::counting::{counted, deep, pixels, values};
use crate::engine::Engine;
use crate::engine::network::Network;
use crate::kernels::cpu::Cpu;
use crate::kernels::plain::Plain;
use crate::{Architecture, Error, Gradients, Pooling, Precision, Prompts};

fn gradients(engine: &Engine, prompts: &Prompts<'_>) -> Result<Gradients, Error> {
    let loss = |_, features: &[f32]| (features.to_vec(), ());
    Ok(engine.gradients(&pixels(engine), prompts, None, loss)?.0)
}

/// Lets ever more uses of the device succeed, until a step does. However many it took: before, the
/// step fails, and it is right in the end.
fn check(allow: impl Fn(&Counts, usize)) {
    let values = values();
    let prompts = deep(&values, &[0, 2, 3, 3, 2]);
    let (sound, _) = counted(Plain { chunk_images: 2 }, Pooling::Mean, 1);
    let expected = gradients(&sound, &prompts).unwrap();
    let (engine, counts) = counted(Plain { chunk_images: 2 }, Pooling::Mean, 1);
    let attempt = |left| {
        allow(&counts, left);
        gradients(&engine, &prompts)
    };
    assert!(matches!(attempt(0), Err(Error::Memory { .. })));
    let got = (1..1000).find_map(|left| attempt(left).ok()).unwrap();
    assert_eq!(got.prompts, expected.prompts);
    assert_eq!((got.gate, got.attention), (expected.gate, expected.attention));
}

#[test]
fn what_does_not_fit_in_memory_is_an_error() {
    check(Counts::allow_allocations);
}

/// Attention takes its own memory in the middle of a step, where there is no way back.
#[test]
fn images_without_room_for_attention_are_an_error() {
    let (engine, _) = counted(Plain { chunk_images: 2 }, Pooling::Cls, 1);
    let architecture = Architecture { image_size: 1 << 20, ..engine.architecture().clone() };
    let tensors = std::collections::BTreeMap::new();
    let network = Network::new(Cpu::new(1, Precision::F32).unwrap(), &architecture, tensors);
    assert!(matches!(network.err(), Some(Error::Memory { .. })));
}

#[test]
fn what_breaks_down_is_an_error() {
    check(Counts::allow_downloads);
}

#[test]
fn a_loss_of_another_size_is_an_error() {
    let (engine, _) = counted(Plain { chunk_images: 2 }, Pooling::Cls, 1);
    let loss = |_, features: &[f32]| (features[1..].to_vec(), ());
    let error = engine.gradients(&pixels(&engine), &Prompts::NONE, None, loss).unwrap_err();
    assert_eq!(error.to_string(), "loss: expected 64 gradients of features, got 63");
}
