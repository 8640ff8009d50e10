//! A network that learns beside the frozen one.

use super::counting::{deep, pixels, values};
use super::slopes::{Arrays, check_on, plain, scattered, weights};
use super::support::{assert_close, backbone};
use super::transfer::golden_backbone;
use crate::{Backbone, Engine, Pooling, Prompts, Tuned};

/// The network beside: other weights of the same shape.
fn beside() -> Backbone {
    backbone("vit.timm.safetensors", Pooling::Cls)
}

/// The joint, and some of its arrays.
fn arrays(alpha: f32) -> Arrays {
    let side = beside();
    let own = ["patch_embed.proj.weight", "cls_token", "blocks.2.mlp.fc1.weight", "norm.bias"];
    let own = own.map(|name| (format!("side.{name}"), side.tensors[name].data.clone()));
    let joint = [
        ("side_alpha".to_owned(), vec![alpha]),
        ("side_projection.weight".to_owned(), scattered(32 * 32, 3, 0.3)),
    ];
    own.into_iter().chain(joint).collect()
}

#[test]
fn gradients_are_slopes() {
    let engine = plain(golden_backbone(Pooling::Cls)).with_side(plain(beside())).unwrap();
    check_on(&engine, Prompts::NONE, arrays(0.7));
}

#[test]
fn features_are_those_of_both() {
    let engine = |backbone| Engine::new(backbone, 2).unwrap();
    let [frozen, side] = [golden_backbone(Pooling::Mean), beside()];
    let both = engine(frozen.clone()).with_side(engine(side.clone())).unwrap();
    let pixels = pixels(&both);
    let [own, other] = [frozen, side].map(|b| engine(b).features(&pixels, &Prompts::NONE).unwrap());
    let arrays = arrays(-0.4);
    let weights = weights(&arrays);
    let tuned = Tuned { prompts: Prompts::NONE, weights: &weights };
    let got = both.features(&pixels, tuned).unwrap();
    let share = 1.0 / (1.0 + 0.4f32.exp());
    let projection = &arrays[5].1;
    let expected = own.chunks_exact(32).zip(other.chunks_exact(32)).flat_map(|(e, g)| {
        let row = |w: &[f32]| w.iter().zip(g).map(|(w, g)| w * g).sum::<f32>();
        let projected: Vec<f32> = projection.chunks_exact(32).map(row).collect();
        e.iter().zip(projected).map(|(e, s)| share * e + (1.0 - share) * s).collect::<Vec<f32>>()
    });
    assert_close("features", &got, &expected.collect::<Vec<f32>>(), 1e-5, 1e-5);
    // Where nothing of it is tuned it is not there.
    assert_eq!(both.features(&pixels, &Prompts::NONE).unwrap(), own);
}

#[test]
fn what_does_not_fit_is_refused() {
    let engine = |backbone| Engine::new(backbone, 1).unwrap();
    let both = engine(golden_backbone(Pooling::Cls)).with_side(engine(beside())).unwrap();
    let (prompts, blocks) = (values(), [0, 1, 1, 2, 3]);
    let message = |arrays: &Arrays, prompts: Prompts<'_>| {
        let weights = weights(arrays);
        both.check(Tuned { prompts, weights: &weights }).unwrap_err().to_string()
    };
    let all = arrays(0.0);
    assert!(both.check(Tuned { prompts: Prompts::NONE, weights: &weights(&all) }).is_ok());
    let alone = "expected a side network alone";
    assert!(message(&all, deep(&prompts, &blocks)).ends_with(&format!("prompts: {alone}")));
    let own = [all.clone(), vec![("cls_token".to_owned(), vec![0.0; 32])]].concat();
    assert!(message(&own, Prompts::NONE).ends_with(&format!("cls_token: {alone}")));
    let unknown = [all.clone(), vec![("side.blocks.4.norm1.bias".to_owned(), vec![0.0; 32])]];
    let expected = "blocks.4.norm1.bias: the network has no such array";
    assert!(message(&unknown.concat(), Prompts::NONE).contains(expected));
    let missing = message(&all[..5].to_vec(), Prompts::NONE);
    assert!(missing.contains("side_projection.weight"), "{missing}");
    let bare = engine(golden_backbone(Pooling::Cls));
    assert!(bare.check(Tuned { prompts: Prompts::NONE, weights: &weights(&all) }).is_err());
    let other = crate::weights::LoadOptions::default();
    let larger = crate::weights::LoadOptions { image_size: Some(48), ..other };
    let larger = engine(Backbone::pico(&larger).unwrap());
    let error = bare.with_side(larger).map(|_| ()).unwrap_err().to_string();
    assert_eq!(error, "side network: expected one for images of 32 pixels, got 48");
}
