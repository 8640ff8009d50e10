//! A backbone that drops some of its own values, against golden numbers on every device.

use super::batch::Batch;
use super::counting::pixels;
use super::engines;
use super::slopes::{Arrays, plain, weights};
use super::support::{Golden, assert_close, backbone};
use super::swin::{golden_swin, pixels as swin_pixels, step};
use super::transfer::golden_backbone;
use crate::{Backbone, BackboneMask, DropPlace, Engine, Error, Placement, Pooling, Prompts, Tuned};

/// The multipliers of a golden step of four images.
struct Given<'a>(&'a Golden);

impl Given<'_> {
    /// A place's values, and by what they are divided.
    fn values(&self, place: DropPlace) -> Option<(&[f32], f32)> {
        let (block, kept, path) = match place {
            DropPlace::Embedding => (0, "embed", ""),
            DropPlace::Hidden(block) => (block, "gelu", ""),
            DropPlace::Output(block) => (block, "fc2", ""),
            DropPlace::AttentionPath(block) => (block, "path1", "path1"),
            DropPlace::MlpPath(block) => (block, "path2", "path2"),
        };
        let keep = match place {
            DropPlace::Embedding => format!("keep.{kept}"),
            _ => format!("keep.blocks.{block}.{kept}"),
        };
        let [stage, index] = [[0, 0], [0, 1], [1, 0], [1, 1], [2, 0], [2, 1], [3, 0]][block];
        let factor = format!("factor.layers.{stage}.blocks.{index}.{path}");
        let keep = self.0.try_get(&keep).map(|values| (values, 0.9));
        keep.or_else(|| Some((self.0.try_get(&factor)?, 1.0)))
    }
}

impl BackboneMask for Given<'_> {
    fn drops(&self, place: DropPlace) -> bool {
        self.values(place).is_some()
    }

    fn fill(&self, image: usize, place: DropPlace, multipliers: &mut [f32]) {
        let (values, keep) = self.values(place).unwrap();
        let own = &values[image * (values.len() / 4)..];
        multipliers.iter_mut().zip(own).for_each(|(m, value)| *m = value / keep);
    }
}

/// All arrays of a backbone learn, or those with a bias in their names.
fn check(batch: &Batch, backbone: &Backbone, pixels: &[f32], biases: bool) {
    let own = backbone.tensors.iter().filter(|(name, _)| !biases || name.contains("bias"));
    let arrays: Arrays = own.map(|(name, tensor)| (name.clone(), tensor.data.clone())).collect();
    let (weights, golden) = (weights(&arrays), &batch.golden);
    let tuned = Tuned { prompts: Prompts::NONE, weights: &weights };
    let expected: Vec<(&str, &[f32])> = golden.under("grad.").collect();
    assert!(expected.len() > 10);
    for (device, engine) in engines(backbone) {
        // In memory that is used again, too.
        for _ in 0..2 {
            let mask = Given(golden);
            let loss = |range: std::ops::Range<usize>, f: &[f32]| batch.loss(range.start, f);
            let (got, parts) = engine.dropped_gradients(pixels, tuned, &mask, loss).unwrap();
            let loss: f64 = parts.iter().map(|(loss, _)| loss).sum();
            let logits: Vec<f32> = parts.into_iter().flat_map(|(_, logits)| logits).collect();
            assert_close(device, &logits, golden.get("logits"), 5e-5, 0.0);
            assert_close(device, &[loss as f32], golden.get("loss"), 5e-5, 0.0);
            for (name, expected) in expected.iter().filter(|(name, _)| !name.starts_with("head.")) {
                let place = arrays.iter().position(|(own, _)| own == name).unwrap();
                assert_close(
                    &format!("{device}: {name}"),
                    &got.weights[place],
                    expected,
                    1e-5,
                    1e-4,
                );
            }
            let features = engine.dropped_features(pixels, tuned, &mask).unwrap();
            assert_close(device, &batch.loss(0, &features).1.1, golden.get("logits"), 5e-5, 0.0);
        }
    }
}

#[test]
fn golden_dropout_matches() {
    let inputs = Golden::read("transfer/vit.inputs.safetensors");
    let batch = Batch::read("transfer/step.vit.end2end_dropout.safetensors");
    check(&batch, &golden_backbone(Pooling::Cls), inputs.get("images"), false);
}

#[test]
fn golden_paths_in_stages_match() {
    let backbone = golden_swin("swin");
    let batch = step("swin.bias_path", &backbone.architecture);
    check(&batch, &backbone, &swin_pixels("swin"), true);
}

/// Multipliers at all places, or at none.
struct Scattered(bool);

impl BackboneMask for Scattered {
    fn drops(&self, _: DropPlace) -> bool {
        self.0
    }

    fn fill(&self, image: usize, place: DropPlace, multipliers: &mut [f32]) {
        let (kind, block) = match place {
            DropPlace::Embedding => (0, 0),
            DropPlace::Hidden(block) => (1, block),
            DropPlace::Output(block) => (2, block),
            DropPlace::AttentionPath(block) => (3, block),
            DropPlace::MlpPath(block) => (4, block),
        };
        let seed = image * 31 + kind * 7 + block * 5;
        for (i, m) in multipliers.iter_mut().enumerate() {
            *m = [0.0, 1.25, 1.25, 0.5][(seed + i * 2654 / 97) % 4];
        }
    }
}

/// In front of, between and behind all places.
const LEARNING: [&str; 14] = [
    "cls_token",
    "patch_embed.proj.weight",
    "blocks.1.attn.qkv.bias",
    "blocks.1.attn.proj.weight",
    "blocks.1.ls1.gamma",
    "blocks.1.mlp.fc1.bias",
    "blocks.1.mlp.fc2.weight",
    "blocks.1.ls2.gamma",
    "blocks.3.mlp.fc1.weight",
    "layers.0.blocks.1.norm1.weight",
    "layers.0.blocks.1.attn.proj.bias",
    "layers.1.blocks.0.mlp.fc1.weight",
    "layers.1.blocks.1.mlp.fc2.bias",
    "norm.bias",
];

#[test]
fn gradients_are_slopes() {
    // LayerScale, a norm behind the mean, and stages.
    let layer_scale = || backbone("dinov2.timm.safetensors", Pooling::Cls);
    for backbone in [layer_scale(), golden_backbone(Pooling::Mean), golden_swin("swin2")] {
        let engine = plain(backbone.clone());
        let values = backbone.architecture.image_values();
        let pixels = &pixels(&engine)[..2 * values];
        let own = LEARNING.iter().filter_map(|name| backbone.tensors.get_key_value(*name));
        let mut arrays: Arrays =
            own.map(|(name, tensor)| (name.clone(), tensor.data.clone())).collect();
        assert!(arrays.len() >= 5);
        let features = |arrays: &Arrays| -> f64 {
            let weights = weights(arrays);
            let tuned = Tuned { prompts: Prompts::NONE, weights: &weights };
            let features = engine.dropped_features(pixels, tuned, &Scattered(true)).unwrap();
            features.iter().map(|&f| 0.5 * f64::from(f).powi(2)).sum()
        };
        let got = {
            let weights = weights(&arrays);
            let tuned = Tuned { prompts: Prompts::NONE, weights: &weights };
            let slope = |_, features: &[f32]| (features.to_vec(), ());
            engine.dropped_gradients(pixels, tuned, &Scattered(true), slope).unwrap().0.weights
        };
        let way = |i: usize| if i.is_multiple_of(3) { 4e-3 } else { -2e-3 };
        for (index, gradient) in got.iter().enumerate() {
            let old = arrays[index].1.clone();
            let mut moved = |sign: f32| {
                let new = old.iter().enumerate().map(|(i, value)| value + sign * way(i));
                arrays[index].1 = new.collect();
                features(&arrays)
            };
            let expected = moved(1.0) - moved(-1.0);
            arrays[index].1 = old;
            let terms = gradient.iter().enumerate();
            let terms = terms.map(|(i, g)| 2.0 * f64::from(*g) * f64::from(way(i)));
            let (sum, size) = terms.fold((0.0, 0.0), |(sum, size), t| (sum + t, size + t.abs()));
            let name = &arrays[index].0;
            assert!(
                (sum - expected).abs() <= 2e-3 * size + 1e-5,
                "{name}: {sum} {expected} {size}"
            );
        }
    }
}

/// Paths of the last two blocks.
struct Late(usize);

impl BackboneMask for Late {
    fn drops(&self, place: DropPlace) -> bool {
        let Self(first) = *self;
        matches!(place, DropPlace::AttentionPath(b) | DropPlace::MlpPath(b) if b >= first)
    }

    fn fill(&self, image: usize, place: DropPlace, multipliers: &mut [f32]) {
        Scattered(true).fill(image, place, multipliers);
    }
}

#[test]
fn prompts_learn_beside_it_and_images_may_come_as_tokens() {
    let backbone = golden_backbone(Pooling::Cls);
    let (values, blocks) = (super::counting::values(), [0, 1, 3, 3, 1]);
    let prompts = super::counting::deep(&values, &blocks);
    let engine = plain(backbone.clone());
    let pixels = &pixels(&engine)[..2 * engine.architecture().image_values()];
    let features = |values: &[f32]| -> f64 {
        let prompts = Prompts { values, ..prompts };
        let features = engine.dropped_features(pixels, &prompts, &Scattered(true)).unwrap();
        features.iter().map(|&f| 0.5 * f64::from(f).powi(2)).sum()
    };
    let slope = |_, features: &[f32]| (features.to_vec(), ());
    let got = engine.dropped_gradients(pixels, &prompts, &Scattered(true), slope).unwrap().0;
    let way = |i: usize| if i.is_multiple_of(3) { 1e-2 } else { -5e-3 };
    let moved = |sign: f32| -> Vec<f32> {
        values.iter().enumerate().map(|(i, value)| value + sign * way(i)).collect()
    };
    let expected = features(&moved(1.0)) - features(&moved(-1.0));
    let terms = got.prompts.iter().enumerate().map(|(i, g)| 2.0 * f64::from(*g * way(i)));
    let (sum, size) = terms.fold((0.0, 0.0), |(sum, size), t| (sum + t, size + t.abs()));
    assert!((sum - expected).abs() <= 2e-3 * size + 1e-5, "{sum} {expected} {size}");

    // Nothing is dropped in front of block 2.
    let later = [2, 3, 3, 2, 2];
    let prompts = Prompts { block_of: &later, ..prompts };
    for (device, engine) in engines(&backbone) {
        let tokens = engine.tokens(pixels, 2).unwrap();
        let tokens = crate::Images::Tokens { block: 2, values: &tokens };
        let [whole, part] = [crate::Images::Pixels(pixels), tokens]
            .map(|images| engine.dropped_gradients(images, &prompts, &Late(2), slope).unwrap().0);
        assert_close(device, &part.prompts, &whole.prompts, 1e-6, 1e-5);
        assert!(engine.dropped_gradients(tokens, &prompts, &Late(1), slope).is_err(), "{device}");
    }
}

#[test]
fn where_nothing_is_dropped_it_is_the_same_step() {
    let backbone = golden_backbone(Pooling::Cls);
    let own = ["blocks.1.mlp.fc2.weight", "cls_token"];
    let arrays: Arrays =
        own.map(|name| (name.to_owned(), backbone.tensors[name].data.clone())).into();
    let weights = weights(&arrays);
    let tuned = Tuned { prompts: Prompts::NONE, weights: &weights };
    let engine = Engine::new(backbone, 2).unwrap();
    let (pixels, loss) = (pixels(&engine), |_, f: &[f32]| (f.to_vec(), ()));
    let plain = engine.gradients(&pixels, tuned, None, loss).unwrap().0.weights;
    let none = engine.dropped_gradients(&pixels, tuned, &Scattered(false), loss).unwrap();
    assert_eq!(none.0.weights, plain);
    let some = engine.dropped_gradients(&pixels, tuned, &Scattered(true), loss).unwrap();
    assert_ne!(some.0.weights, plain);
    // And nothing of it is left.
    assert_eq!(engine.gradients(&pixels, tuned, None, loss).unwrap().0.weights, plain);
}

#[test]
fn what_else_is_tuned_is_refused() {
    let engine = Engine::new(golden_backbone(Pooling::Cls), 1).unwrap();
    let pixels = pixels(&engine);
    let (values, block_of) = ([0.0; 32], [1]);
    let prompts = super::counting::deep(&values, &block_of);
    let prompts = Prompts { placement: Placement::Shallow, ..prompts };
    let error = engine.dropped_features(&pixels, &prompts, &Scattered(true)).unwrap_err();
    let expected =
        "weights: prompts among the tokens: expected a backbone without, as it drops values";
    assert_eq!(error.to_string(), expected);
    let tokens = engine.tokens(&pixels, 1).unwrap();
    let tokens = crate::Images::Tokens { block: 1, values: &tokens };
    let error = engine.dropped_features(tokens, &Prompts::NONE, &Scattered(true)).unwrap_err();
    assert_eq!(error.to_string(), "images: expected pixels, got tokens of block 1");
}

#[test]
fn blocks_that_are_computed_again_drop_the_same_values() {
    let layer_scale = backbone("dinov2.timm.safetensors", Pooling::Cls);
    for backbone in [layer_scale, golden_backbone(Pooling::Mean), golden_swin("swin2")] {
        let own = backbone.tensors.iter().filter(|(name, _)| !name.starts_with("fc_norm"));
        let arrays: Arrays =
            own.map(|(name, tensor)| (name.clone(), tensor.data.clone())).collect();
        let weights = weights(&arrays);
        let tuned = Tuned { prompts: Prompts::NONE, weights: &weights };
        let engine = Engine::new(backbone, 1).unwrap();
        let (pixels, loss) = (pixels(&engine), |_, f: &[f32]| (f.to_vec(), ()));
        let step = |engine: &Engine| {
            let step = engine.dropped_gradients(&pixels, tuned, &Scattered(true), loss);
            step.map(|(gradients, _)| gradients.weights)
        };
        let expected = step(&engine).unwrap();
        let engine = engine.with_activations(Some(1));
        let Err(Error::Activations { needed, .. }) = step(&engine) else {
            panic!("a byte was enough")
        };
        // What is needed at least is enough for a single block at a time.
        let got = step(&engine.with_activations(Some(needed))).unwrap();
        for ((name, _), (got, expected)) in arrays.iter().zip(got.iter().zip(&expected)) {
            let size = expected.iter().fold(1.0f32, |size, value| size.max(value.abs()));
            assert_close(name, got, expected, 1e-5 * size, 1e-5);
        }
    }
}
