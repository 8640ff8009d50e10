//! Networks in stages with arrays inside of them, beside and behind their layers.

use super::merged;
use super::slopes::{Arrays, MAPS, check_on, low_ranks_of, plain, scales_and_shifts_of, scattered};
use super::swin::{golden_swin, step};
use crate::{Architecture, Backbone, Prompts};

/// Layers that belong to no block.
const AROUND: [(&str, usize); 4] = [
    ("patch_embed.proj", 8),
    ("patch_embed.norm", 8),
    ("layers.0.downsample.norm", 32),
    ("norm", 16),
];

fn backbone() -> Backbone {
    golden_swin("swin2")
}

/// With prompts in all blocks.
fn check(arrays: Arrays) {
    let backbone = backbone();
    let batch = step("swin2.deep", &backbone.architecture);
    check_on(&plain(backbone), batch.prompts(), arrays);
}

fn adapters(a: &Architecture) -> Arrays {
    let of_block = |block: usize| {
        let (width, start) = (a.block_width(block), a.block_name(block));
        let narrow = width / 4;
        let shapes = [("down", narrow * width, narrow), ("up", narrow * width, width)];
        shapes.into_iter().flat_map(move |(way, weight, bias)| {
            [("weight", weight), ("bias", bias)].map(|(array, len)| {
                let values = scattered(len, block + len, 0.3);
                (format!("{start}.adapter_{way}sample.{array}"), values)
            })
        })
    };
    (0..a.depth).flat_map(of_block).collect()
}

#[test]
fn adapters_have_slopes() {
    check(adapters(&backbone().architecture));
}

#[test]
fn matrices_of_low_rank_have_slopes() {
    check(low_ranks_of(&backbone().architecture, &[0, 1, 3], &MAPS));
}

#[test]
fn scales_and_shifts_have_slopes() {
    let backbone = backbone();
    let mut arrays = scales_and_shifts_of(&backbone.architecture, &AROUND);
    check(arrays.clone());
    // Arrays on both sides of them learn, too.
    for name in [
        "patch_embed.proj.weight",
        "patch_embed.proj.bias",
        "patch_embed.norm.weight",
        "layers.0.downsample.reduction.weight",
        "layers.0.downsample.norm.bias",
        "layers.1.blocks.0.attn.qkv.weight",
        "norm.weight",
    ] {
        arrays.push((name.to_owned(), backbone.tensors[name].data.clone()));
    }
    check_on(&plain(backbone), Prompts::NONE, arrays);
}

#[test]
fn all_but_adapters_can_be_merged() {
    let backbone = backbone();
    let a = &backbone.architecture;
    let mut arrays = low_ranks_of(a, &[1, 2], &MAPS);
    merged::check_by(&Backbone::clone, &backbone, &arrays);
    arrays.extend(scales_and_shifts_of(a, &AROUND));
    merged::check_by(&Backbone::clone, &backbone, &arrays);
}
