//! timm's names, which are the canonical ones here; DINO, DINOv2, MAE and MoCo v3 publish theirs.

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
