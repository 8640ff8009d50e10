//! A step in bf16 against one in f32, and against itself.
#![allow(clippy::unwrap_used)]

#[path = "../examples/bf16_errors/errors.rs"]
mod errors;
mod support;

use errors::{Errors, Inputs, errors};
use provpt_vit::{Engine, Pooling, Precision};
use support::backbone;

fn assert_close(what: &str, e: Errors) {
    assert!(e.features < 1e-2 && e.gradients < 2e-2, "{what}: {e:?}");
    assert!(e.cosine > 0.9995 && e.worst_cosine > 0.999, "{what}: {e:?}");
    // Were nothing rounded, the test would have no subject.
    assert!(e.features > 1e-4 && e.gradients > 1e-4, "{what}: {e:?}");
}

#[test]
fn a_tiny_backbone_differs_by_less_than_it_may() {
    for (file, pooling) in [
        ("vit.timm.safetensors", Pooling::Cls),
        ("vit.timm.safetensors", Pooling::Mean),
        ("dinov2.timm.safetensors", Pooling::Cls),
    ] {
        let e = errors(|| Ok(backbone(file, pooling)), 6, 3).unwrap();
        assert_close(&format!("{file}, {pooling:?}"), e);
    }
}

#[cfg(feature = "embedded")]
#[test]
fn the_trained_backbone_differs_by_less_than_it_may() {
    let open = || provpt_vit::Backbone::pico(&provpt_vit::weights::LoadOptions::default());
    let e = errors(open, 8, 5).unwrap();
    assert_close("pico", e);
    assert!(e.gate > 0.999 && e.attention > 0.999, "{e:?}");
}

/// However many threads there are; but the order of sums is theirs.
#[test]
fn a_step_gives_the_same_bits_again() {
    for threads in [1, 3] {
        let step = || {
            let backbone = backbone("vit.timm.safetensors", Pooling::Cls);
            let engine = Engine::with_precision(backbone, threads, Precision::Bf16).unwrap();
            let inputs = Inputs::draw(engine.architecture(), 7, 2);
            // The second step works in memory that the first one left.
            [inputs.step(&engine).unwrap(), inputs.step(&engine).unwrap()]
        };
        let all: Vec<_> = step().into_iter().chain(step()).collect();
        for other in &all[1..] {
            assert_eq!(all[0].features, other.features, "{threads} threads");
            assert_eq!(all[0].prompts, other.prompts, "{threads} threads");
        }
    }
}
