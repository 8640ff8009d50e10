use std::collections::BTreeMap;

use super::Naming;
use super::rename::Rule;
use crate::posembed::Resampling;
use crate::weights::Tensor;

/// Tensors by name.
pub(super) type Tensors = BTreeMap<String, Tensor>;

/// How one library names the tensors of a vision transformer: a row of the table of namings.
pub(in crate::weights) struct Convention {
    pub(in crate::weights) naming: Naming,
    /// The name of the patch embedding's kernel, which every such file has once per model.
    pub(super) patch_kernel: &'static str,
    /// Beginnings of names that tell this naming where the kernel is missing.
    pub(super) starts: &'static [&'static str],
    /// Beginnings of names that are no part of the backbone, such as classifiers.
    pub(super) dropped: &'static [&'static str],
    /// Last parts of names that stand for what is computed, not learned.
    pub(super) buffers: &'static [&'static str],
    /// The way to canonical (timm's) names. A name that no rule knows stays as it is.
    pub(super) rules: &'static [Rule],
    /// Brings tensors, whose names have lost what stood in front, into the form that the rules
    /// know.
    pub(super) prepare: fn(&mut Tensors),
    /// Attention heads, where shapes show them; the tensors are as `prepare` left them.
    pub(super) heads: fn(&Tensors) -> Option<usize>,
    /// How this library brings position embeddings to another grid.
    pub(in crate::weights) resampling: Resampling,
}

/// For conventions whose tensors need no preparation.
pub(super) fn as_they_are(_: &mut Tensors) {}

/// For conventions whose shapes do not show the heads.
pub(super) fn unseen(_: &Tensors) -> Option<usize> {
    None
}
