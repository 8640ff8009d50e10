//! timm's names, which are the canonical ones here; DINO, DINOv2, MAE and MoCo v3 publish theirs. For
//! Swin they are those of its authors, which timm had up to 0.8.

use super::Naming;
use super::convention::{Convention, Tensors, unseen};
use super::rename::{number, rename};
use crate::posembed::Resampling;

pub(super) const NAMES: Convention = Convention {
    naming: Naming::Timm,
    patch_kernel: "patch_embed.proj.weight",
    starts: &["blocks.", "patch_embed.", "layers.0.blocks."],
    // Classifiers, MAE's decoder, DINO's and MoCo's projections, the token that masked patches
    // become.
    dropped: &[
        "head.",
        "head_dist.",
        "pre_logits.",
        "fc.",
        "classifier.",
        "decoder.",
        "decoder_",
        "predictor.",
        "mask_token",
    ],
    buffers: &["relative_position_index", "attn_mask"],
    rules: &[rename("register_tokens", "reg_token")],
    prepare,
    heads: unseen,
    resampling: Resampling::Bicubic,
};

fn prepare(tensors: &mut Tensors) {
    without_chunks(tensors);
    merges_after_their_stage(tensors);
}

/// `blocks.CHUNK.3.norm1.bias` to `blocks.3.norm1.bias`: DINOv2's training splits its blocks into
/// chunks, in which they keep their number.
fn without_chunks(tensors: &mut Tensors) {
    let chunked: Vec<String> = tensors.keys().filter(|n| whole(n).is_some()).cloned().collect();
    for name in chunked {
        if let (Some(whole), Some(tensor)) = (whole(&name), tensors.remove(&name)) {
            tensors.insert(whole, tensor);
        }
    }
}

fn whole(name: &str) -> Option<String> {
    let (chunk, rest) = name.strip_prefix("blocks.")?.split_once('.')?;
    let (block, _) = rest.split_once('.')?;
    number(chunk).and(number(block)).map(|_| format!("blocks.{rest}"))
}

/// `layers.1.downsample.*` to `layers.0.downsample.*`: since 0.9 timm counts the merging of patches to
/// the stage that follows it, Swin's authors to the one before.
fn merges_after_their_stage(tensors: &mut Tensors) {
    const FIRST: &str = "layers.0.downsample.";
    if tensors.keys().any(|name| name.starts_with(FIRST)) {
        return;
    }
    let before = |name: &str| {
        let (stage, rest) = name.strip_prefix("layers.")?.split_once(".downsample.")?;
        Some(format!("layers.{}.downsample.{rest}", number(stage)?.checked_sub(1)?))
    };
    // In order of the stages, so that none meets the one before it.
    let merges: Vec<_> = tensors.keys().filter_map(|n| Some((n.clone(), before(n)?))).collect();
    for (name, before) in merges {
        if let Some(tensor) = tensors.remove(&name) {
            tensors.insert(before, tensor);
        }
    }
}
