//! The tensors of a network in stages.

use crate::Architecture;
use crate::weights::settle::merge::affine;

/// Beginning of the names, and the number over all stages, of every block.
pub(super) fn blocks(a: &Architecture) -> Vec<(String, usize)> {
    let place = |block| a.stages.map_or((0, block), |stages| stages.place(block));
    let name = |(stage, block)| format!("layers.{stage}.blocks.{block}.");
    (0..a.depth).map(|block| (name(place(block)), block)).collect()
}

/// Name and shape of every tensor that must be there, in the order of the forward pass; `sides` are
/// those of the stages' windows.
pub(super) fn required(a: &Architecture, sides: &[usize]) -> Vec<(String, Vec<usize>)> {
    let Some(stages) = a.stages else { return Vec::new() };
    let ratio = |width: usize| width * a.mlp_width / a.width;
    let first = a.block_width(0);
    let mut all = Vec::new();
    all.extend(affine("patch_embed.proj.", &[first, 3, a.patch_size, a.patch_size]));
    all.extend(affine("patch_embed.norm.", &[first]));
    for (start, block) in blocks(a) {
        let (d, (stage, _)) = (a.block_width(block), stages.place(block));
        let name = |part: &str| format!("{start}{part}");
        let side = sides.get(stage).map_or(0, |side| 2 * side - 1);
        let table = vec![side * side, stages.heads()[stage]];
        all.extend(affine(&name("norm1."), &[d]));
        all.push((name("attn.relative_position_bias_table"), table));
        all.extend(affine(&name("attn.qkv."), &[3 * d, d]));
        all.extend(affine(&name("attn.proj."), &[d, d]));
        all.extend(affine(&name("norm2."), &[d]));
        all.extend(affine(&name("mlp.fc1."), &[ratio(d), d]));
        all.extend(affine(&name("mlp.fc2."), &[d, ratio(d)]));
    }
    for stage in 1..stages.blocks().len() {
        let (d, merge) = (first << (stage - 1), format!("layers.{}.downsample.", stage - 1));
        all.extend(affine(&format!("{merge}norm."), &[4 * d]));
        all.push((format!("{merge}reduction.weight"), vec![2 * d, 4 * d]));
    }
    all.extend(affine("norm.", &[a.width]));
    all
}
