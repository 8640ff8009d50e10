//! A backbone that arrays were merged into computes by itself what it computed with them.

use super::counting::pixels;
use super::slopes::{Arrays, MAPS, low_ranks, scales_and_shifts, weights};
use super::support::assert_close;
use super::transfer::golden_backbone;
use crate::weights::{LoadOptions, Precision, Source};
use crate::{Backbone, Engine, Pooling, Prompts, Tuned};

/// The backbone as it comes back from the file that it is written to.
fn written(backbone: &Backbone) -> Backbone {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("merged.safetensors");
    let mut bytes = Vec::new();
    backbone.write_to(&mut bytes, "run", Precision::F32).unwrap();
    std::fs::write(&path, bytes).unwrap();
    Backbone::open(&Source::File(path), &LoadOptions::default()).unwrap()
}

fn check(backbone: &Backbone, arrays: &Arrays) {
    check_by(&written, backbone, arrays);
}

/// `again`: what comes back from a file.
pub(super) fn check_by(
    again: &dyn Fn(&Backbone) -> Backbone,
    backbone: &Backbone,
    arrays: &Arrays,
) {
    let weights = weights(arrays);
    let merged = backbone.merged(&weights).unwrap();
    let engine = Engine::new(backbone.clone(), 1).unwrap();
    let pixels = pixels(&engine);
    let tuned = Tuned { prompts: Prompts::NONE, weights: &weights };
    let expected = engine.features(&pixels, tuned).unwrap();
    let bare = engine.features(&pixels, &Prompts::NONE).unwrap();
    assert!(expected.iter().zip(&bare).any(|(a, b)| (a - b).abs() > 0.01), "it changes nothing");
    for backbone in [again(&merged), merged] {
        let engine = Engine::new(backbone, 1).unwrap();
        let got = engine.features(&pixels, &Prompts::NONE).unwrap();
        assert_close("merged", &got, &expected, 2e-5, 2e-5);
    }
}

#[test]
fn matrices_of_low_rank() {
    check(&golden_backbone(Pooling::Cls), &low_ranks(&MAPS));
    check(&golden_backbone(Pooling::Mean), &low_ranks(&["attn.v"]));
}

#[test]
fn arrays_of_its_own_with_others_beside_them() {
    let backbone = golden_backbone(Pooling::Mean);
    let mut arrays = low_ranks(&["attn.k", "mlp.fc1"]);
    for name in ["blocks.1.attn.qkv.weight", "blocks.3.norm1.bias", "fc_norm.weight", "pos_embed"] {
        let values = backbone.tensors[name].data.iter().map(|value| 1.5 * value - 0.01);
        arrays.push((name.to_owned(), values.collect()));
    }
    check(&backbone, &arrays);
    // The norm behind mean pooling comes into being.
    let mut without = backbone;
    for name in ["fc_norm.weight", "fc_norm.bias"] {
        without.tensors.remove(name);
    }
    check(&without, &vec![("fc_norm.bias".to_owned(), vec![0.5; 32])]);
}

#[test]
fn scales_and_shifts_behind_all_layers() {
    let mut arrays = scales_and_shifts("fc_norm");
    check(&golden_backbone(Pooling::Mean), &arrays);
    arrays = scales_and_shifts("norm");
    arrays.extend(low_ranks(&MAPS));
    check(&golden_backbone(Pooling::Cls), &arrays);
}

#[test]
fn in_bf16_all_is_as_in_f32_but_for_rounding() {
    let mut arrays = scales_and_shifts("norm");
    arrays.extend(low_ranks(&MAPS));
    let (backbone, weights) = (golden_backbone(Pooling::Cls), weights(&arrays));
    let tuned = Tuned { prompts: Prompts::NONE, weights: &weights };
    let [exact, rounded] = [crate::Precision::F32, crate::Precision::Bf16].map(|precision| {
        let engine = Engine::with_precision(backbone.clone(), 1, precision).unwrap();
        let slope = |_, features: &[f32]| (features.to_vec(), ());
        engine.gradients(&pixels(&engine), tuned, None, slope).unwrap().0.weights
    });
    for ((name, _), (exact, rounded)) in arrays.iter().zip(exact.iter().zip(&rounded)) {
        let dot = |a: &[f32], b: &[f32]| -> f64 {
            a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
        };
        let lengths = (dot(exact, exact) * dot(rounded, rounded)).sqrt();
        let cosine = dot(exact, rounded) / lengths;
        assert!(lengths == 0.0 || cosine > 0.98, "{name}: {cosine}");
    }
}

#[test]
fn what_has_no_place_in_a_backbone_is_refused() {
    let backbone = golden_backbone(Pooling::Cls);
    let arrays = [4, 32].map(|len| vec![0.0; len]);
    let name = "blocks.0.adapter_downsample.bias";
    let weight = |values| [crate::Weight { name, values }];
    let error = backbone.merged(&weight(&arrays[0])).unwrap_err().to_string();
    assert_eq!(error, format!("weights: {name}: a backbone has no place for it"));
    let unknown = [crate::Weight { name: "blocks.9.norm1.bias", values: &arrays[1] }];
    assert!(backbone.merged(&unknown).is_err());
}
