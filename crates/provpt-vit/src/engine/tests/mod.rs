//! The engine on every device that there is: a model is right on all of them, by the same code.

mod again;
mod alexnet;
mod batch;
mod counted;
mod counting;
mod dropout;
mod failing;
mod features;
#[cfg(feature = "gpu")]
mod gpu;
mod less;
mod logits;
mod matrices;
mod merged;
mod normed;
mod side;
mod slopes;
mod step;
#[path = "../../../tests/support/mod.rs"]
mod support;
mod swin;
mod swin_learning;
mod swin_slopes;
mod transfer;

use super::Engine;
use crate::Backbone;
use crate::kernels::plain::Plain;

/// A backbone on every device: the CPU, with one shard and with two, plain loops, with a batch as one
/// chunk and in chunks of two images, and a graphics card where there is one.
fn engines(backbone: &Backbone) -> Vec<(&'static str, Engine)> {
    let cpu = |threads| Engine::new(backbone.clone(), threads).unwrap();
    let plain = |chunk_images| {
        let device = |_| Ok(Plain { chunk_images });
        Engine::on(device, backbone.clone(), 1).unwrap()
    };
    let all = [
        ("cpu, one thread", cpu(1)),
        ("cpu, two threads", cpu(2)),
        ("plain, one chunk", plain(usize::MAX)),
        ("plain, chunks of two", plain(2)),
    ];
    all.into_iter().chain(gpu(backbone)).collect()
}

#[cfg(feature = "gpu")]
fn gpu(backbone: &Backbone) -> Option<(&'static str, Engine)> {
    let gpu = crate::kernels::tests::gpu::any()?.clone();
    Some(("gpu", Engine::on(|_| Ok(gpu), backbone.clone(), 1).unwrap()))
}

#[cfg(not(feature = "gpu"))]
fn gpu(_: &Backbone) -> Option<(&'static str, Engine)> {
    None
}
