//! timm's names, which are the canonical ones here; DINO, DINOv2, MAE and MoCo v3 publish theirs.

use super::Naming;
use super::convention::{Convention, Tensors, unseen};
use super::rename::{number, rename};
use crate::posembed::Resampling;

pub(super) const NAMES: Convention = Convention {
    naming: Naming::Timm,
    patch_kernel: "patch_embed.proj.weight",
    starts: &["blocks.", "patch_embed."],
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
    rules: &[rename("register_tokens", "reg_token")],
    prepare: without_chunks,
    heads: unseen,
    resampling: Resampling::Bicubic,
};

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
