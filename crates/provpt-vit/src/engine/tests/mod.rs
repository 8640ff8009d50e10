//! The engine on every device that there is: a model is right on all of them, by the same code.

mod again;
mod alexnet;
mod batch;
mod counted;
mod counting;
mod dropout;
mod failing;
mod features;
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

/// A backbone on every device: the CPU, with one shard and with two, and plain loops, with a batch
/// as one chunk and in chunks of two images.
fn engines(backbone: &Backbone) -> Vec<(&'static str, Engine)> {
    let cpu = |threads| Engine::new(backbone.clone(), threads).unwrap();
    let plain = |chunk_images| {
        let device = |_| Ok(Plain { chunk_images });
        Engine::on(device, backbone.clone(), 1).unwrap()
    };
    vec![
        ("cpu, one thread", cpu(1)),
        ("cpu, two threads", cpu(2)),
        ("plain, one chunk", plain(usize::MAX)),
        ("plain, chunks of two", plain(2)),
    ]
}
