//! Gradients of what is put into a network are slopes: central differences on the plain device,
//! which computes in f64.

use super::counting::{deep, pixels, values};
use super::support::Golden;
use super::transfer::golden_backbone;
use crate::kernels::plain::Plain;
use crate::{Architecture, Backbone, Engine, Placement, Pooling, Prompts, Tuned, Weight};

pub(super) type Arrays = Vec<(String, Vec<f32>)>;

pub(super) fn weights(arrays: &Arrays) -> Vec<Weight<'_>> {
    arrays.iter().map(|(name, values)| Weight { name, values }).collect()
}

/// Half the sum of squares of the features.
fn half_squares(engine: &Engine, pixels: &[f32], prompts: Prompts<'_>, arrays: &Arrays) -> f64 {
    let weights = weights(arrays);
    let features = engine.features(pixels, Tuned { prompts, weights: &weights }).unwrap();
    features.iter().map(|&f| 0.5 * f64::from(f).powi(2)).sum()
}

/// Checks the gradient of each array along some direction, and that of the prompts.
fn check(backbone: Backbone, prompts: Prompts<'_>, arrays: Arrays) {
    check_on(&plain(backbone), prompts, arrays);
}

pub(super) fn plain(backbone: Backbone) -> Engine {
    Engine::on(|_| Ok(Plain { chunk_images: 2 }), backbone, 1).unwrap()
}

pub(super) fn check_on(engine: &Engine, prompts: Prompts<'_>, arrays: Arrays) {
    let pixels = &pixels(engine)[..3 * engine.architecture().image_values()];
    check_steps(engine, pixels, prompts, arrays, 1.0);
}

/// The same on other images, with larger or smaller steps.
pub(super) fn check_steps(
    engine: &Engine,
    pixels: &[f32],
    prompts: Prompts<'_>,
    mut arrays: Arrays,
    scale: f32,
) {
    let weights = weights(&arrays);
    let tuned = Tuned { prompts, weights: &weights };
    let slope = |_, features: &[f32]| (features.to_vec(), ());
    let (got, _) = engine.gradients(pixels, tuned, None, slope).unwrap();
    let way = |index: usize, i: usize| {
        scale * if (i * 7 + index).is_multiple_of(3) { 1e-2 } else { -5e-3 }
    };
    let moved = |values: &[f32], index: usize, sign: f32| -> Vec<f32> {
        values.iter().enumerate().map(|(i, value)| value + sign * way(index, i)).collect()
    };
    let compare = |name: &str, gradient: &[f32], ways: [&[f32]; 2], expected: f64| {
        let terms = gradient.iter().zip(ways[0].iter().zip(ways[1]));
        let terms = terms.map(|(g, (a, b))| f64::from(*g) * (f64::from(*a) - f64::from(*b)));
        let (sum, size) = terms.fold((0.0, 0.0), |(sum, size), t| (sum + t, size + t.abs()));
        assert!((sum - expected).abs() <= 2e-3 * size + 1e-5, "{name}: {sum} {expected} {size}");
    };
    for (index, gradient) in got.weights.iter().enumerate() {
        let (name, values) = arrays[index].clone();
        if name == "lora.scale" {
            assert_eq!(gradient, &[0.0]);
            continue;
        }
        let ways = [1.0, -1.0].map(|sign| moved(&values, index, sign));
        let losses = ways.each_ref().map(|way| {
            arrays[index].1.clone_from(way);
            half_squares(engine, pixels, prompts, &arrays)
        });
        arrays[index].1 = values;
        compare(&name, gradient, ways.each_ref().map(|way| &way[..]), losses[0] - losses[1]);
    }
    let ways = [1.0, -1.0].map(|sign| moved(prompts.values, 0, sign));
    let losses = ways
        .each_ref()
        .map(|values| half_squares(engine, pixels, Prompts { values, ..prompts }, &arrays));
    let ways = ways.each_ref().map(|way| &way[..]);
    compare("prompts", &got.prompts, ways, losses[0] - losses[1]);
    if prompts.logits.is_empty() {
        return;
    }
    let ways = [1.0, -1.0].map(|sign| moved(prompts.logits, 0, 2.0 * sign));
    let losses = ways
        .each_ref()
        .map(|logits| half_squares(engine, pixels, Prompts { logits, ..prompts }, &arrays));
    let ways = ways.each_ref().map(|way| &way[..]);
    compare("logits", &got.attention, ways, losses[0] - losses[1]);
}

/// Values that are no pattern, between -spread and spread.
pub(super) fn scattered(len: usize, seed: usize, spread: f32) -> Vec<f32> {
    let value = |i: usize| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.0 - 1.0;
    (0..len).map(|i| spread * value(i)).collect()
}

#[test]
fn of_adapters() {
    let golden = Golden::read("transfer/step.vit.adapter.safetensors");
    let names = golden.under("grad.").map(|(name, _)| name).filter(|n| !n.starts_with("head."));
    let arrays = names.map(|name| (name.to_owned(), golden.get(name).to_vec()));
    check(golden_backbone(Pooling::Cls), Prompts::NONE, arrays.collect());
}

/// Matrices of rank 3 beside these maps of some blocks of the golden ViT, times 1.5.
pub(super) fn low_ranks(maps: &[&str]) -> Arrays {
    low_ranks_of(&golden_backbone(Pooling::Cls).architecture, &[1, 3], maps)
}

/// The same beside maps of any network.
pub(super) fn low_ranks_of(a: &Architecture, blocks: &[usize], maps: &[&str]) -> Arrays {
    let mut arrays = vec![("lora.scale".to_owned(), vec![1.5])];
    for (seed, (&block, map)) in
        blocks.iter().flat_map(|block| maps.iter().map(move |map| (block, map))).enumerate()
    {
        let (width, mlp_width) = (a.block_width(block), a.block_mlp_width(block));
        let inputs = if *map == "mlp.fc2" { mlp_width } else { width };
        let outputs = if *map == "mlp.fc1" { mlp_width } else { width };
        let array = |factor: &str, len| {
            let name = format!("{}.{map}.lora_{factor}", a.block_name(block));
            (name, scattered(len, seed, 0.2))
        };
        arrays.extend([array("a", 3 * inputs), array("b", 3 * outputs)]);
    }
    arrays
}

/// Scales and shifts behind all layers of the golden ViT, of which `norm` is the final norm.
pub(super) fn scales_and_shifts(norm: &str) -> Arrays {
    let a = &golden_backbone(Pooling::Cls).architecture;
    scales_and_shifts_of(a, &[("patch_embed.proj", 32), (norm, 32)])
}

/// The same behind the layers of all blocks of any network, and behind these.
pub(super) fn scales_and_shifts_of(a: &Architecture, others: &[(&str, usize)]) -> Arrays {
    let of_block = |block: usize| {
        let (width, mlp_width) = (a.block_width(block), a.block_mlp_width(block));
        let layers = [("norm1", width), ("attn.qkv", 3 * width), ("attn.proj", width)];
        let rest = [("norm2", width), ("mlp.fc1", mlp_width), ("mlp.fc2", width)];
        let named = move |(layer, width)| (format!("{}.{layer}", a.block_name(block)), width);
        layers.into_iter().chain(rest).map(named)
    };
    let others = others.iter().map(|(layer, width)| ((*layer).to_owned(), *width));
    let all = (0..a.depth).flat_map(of_block).chain(others).enumerate();
    let arrays = |(seed, (layer, width)): (usize, (String, usize))| {
        let scale = scattered(width, seed, 0.5).into_iter().map(|value| 1.0 + value);
        [
            (format!("{layer}.ssf_scale"), scale.collect()),
            (format!("{layer}.ssf_shift"), scattered(width, seed + 50, 0.2)),
        ]
    };
    all.flat_map(arrays).collect()
}

#[test]
fn of_scales_and_shifts() {
    check(golden_backbone(Pooling::Cls), Prompts::NONE, scales_and_shifts("norm"));
    check(golden_backbone(Pooling::Mean), Prompts::NONE, scales_and_shifts("fc_norm"));
}

#[test]
fn of_everything_beside_and_behind_layers() {
    let mut arrays = scales_and_shifts("norm");
    arrays.extend(low_ranks(&MAPS));
    let backbone = golden_backbone(Pooling::Cls);
    for name in [
        "patch_embed.proj.bias",
        "patch_embed.proj.weight",
        "blocks.1.norm1.weight",
        "blocks.3.mlp.fc1.weight",
        "blocks.3.attn.qkv.bias",
        "norm.weight",
    ] {
        arrays.push((name.to_owned(), backbone.tensors[name].data.clone()));
    }
    let (values, blocks) = (values(), [0, 1, 3, 3, 1]);
    check(backbone, deep(&values, &blocks), arrays);
}

pub(super) const MAPS: [&str; 6] =
    ["attn.q", "attn.k", "attn.v", "attn.proj", "mlp.fc1", "mlp.fc2"];

#[test]
fn of_what_is_added_to_logits() {
    let (values, blocks, logits) = (values(), [0, 1, 3, 3, 1], [0.5, -2.0, 0.0, 1.5, -0.3]);
    let prompts = Prompts { logits: &logits, ..deep(&values, &blocks) };
    check(golden_backbone(Pooling::Cls), prompts, low_ranks(&MAPS[..3]));
    let normed = Prompts { placement: Placement::DeepNormed, ..prompts };
    check(golden_backbone(Pooling::Cls), normed, Vec::new());
}

#[test]
fn of_prompts_behind_the_norm() {
    let (values, blocks) = (values(), [0, 1, 3, 3, 1]);
    let prompts = Prompts { placement: Placement::DeepNormed, ..deep(&values, &blocks) };
    let backbone = golden_backbone(Pooling::Cls);
    check(backbone.clone(), prompts, Vec::new());
    let mut arrays = low_ranks(&MAPS[..3]);
    for name in ["blocks.1.norm1.weight", "blocks.3.norm1.bias", "blocks.3.attn.qkv.weight"] {
        arrays.push((name.to_owned(), backbone.tensors[name].data.clone()));
    }
    check(backbone.clone(), prompts, arrays);
    check(backbone, prompts, scales_and_shifts("norm"));
}

#[test]
fn of_matrices_of_low_rank() {
    check(golden_backbone(Pooling::Mean), Prompts::NONE, low_ranks(&MAPS));
    check(golden_backbone(Pooling::Cls), Prompts::NONE, low_ranks(&MAPS[..3]));
}

#[test]
fn of_matrices_of_low_rank_beside_prompts() {
    let (values, blocks) = (values(), [0, 1, 3, 3, 1]);
    let prompts = deep(&values, &blocks);
    check(golden_backbone(Pooling::Cls), prompts, low_ranks(&MAPS));
    let shallow = Prompts { placement: Placement::Shallow, ..prompts };
    check(golden_backbone(Pooling::Cls), shallow, low_ranks(&["attn.v", "mlp.fc2"]));
}
