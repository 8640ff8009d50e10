//! Scales and shifts behind the layers (Lian et al., SSF, NeurIPS 2022): the names of their arrays,
//! `blocks.3.attn.qkv.ssf_scale` and the like.

/// How the names of scales end, and those of shifts.
pub(super) const SCALE: &str = ".ssf_scale";
pub(super) const SHIFT: &str = ".ssf_shift";

/// The layer that an array of this name stands behind; none if it is no such array.
pub(super) fn layer(name: &str) -> Option<&str> {
    name.strip_suffix(SCALE).or_else(|| name.strip_suffix(SHIFT))
}
