//! timm's names, which are the canonical ones here; DINO, DINOv2, MAE and MoCo v3 publish theirs.

use super::rename::number;

/// What stands in front of all names where a whole model was saved around the backbone.
pub(super) const PREFIXES: &[&str] = &["", "module.", "model.", "backbone."];

/// Beginnings of names, behind the prefix, that tell this naming.
pub(super) const STARTS: &[&str] = &["blocks.", "patch_embed."];

/// Beginnings of names that are no part of the backbone: classifiers, MAE's decoder, DINO's and
/// MoCo's projections, the token that masked patches become.
pub(super) const DROPPED: &[&str] = &[
    "head.",
    "head_dist.",
    "pre_logits.",
    "fc.",
    "classifier.",
    "decoder.",
    "decoder_",
    "predictor.",
    "mask_token",
];

/// `blocks.CHUNK.3.norm1.bias` to `blocks.3.norm1.bias`: DINOv2's training splits its blocks into
/// chunks, in which they keep their number.
pub(super) fn without_chunk(name: &str) -> Option<String> {
    let (chunk, rest) = name.strip_prefix("blocks.")?.split_once('.')?;
    let (block, _) = rest.split_once('.')?;
    number(chunk).and(number(block)).map(|_| format!("blocks.{rest}"))
}
