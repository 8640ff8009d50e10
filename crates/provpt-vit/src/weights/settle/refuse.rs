//! What published vision models have that the network cannot compute, told before the strict
//! comparison would list it tensor by tensor.

use std::collections::BTreeMap;

use super::seen;
use crate::error::Error;
use crate::registry::unusable::{
    BEIT, CLIP, CONVNEXT, DINOV3, DISTILLED, EVA, GATED, GELU_TANH, HYBRID, NO_CLS, NO_POSITIONS,
    QK_NORM, REGISTERS, RELATIVE, RESNET, ROTARY, SIGLIP, SWIN_MLP, SWIN_V2, Unusable,
};
use crate::weights::Tensor;
use crate::{Architecture, Mlp, Position};
use std::path::Path;

/// Parts of names, in any library's convention, and what they stand for; the first row that fits
/// counts. Parts begin where a part of a name begins.
const SIGNS: &[(&[&str], &Unusable)] = &[
    (&["q_norm.", "k_norm."], &QK_NORM),
    (&["attn_pool.", "MAPHead_0/", "vision_model.head.probe", "head.probe"], &SIGLIP),
    (
        &[
            "norm_pre.",
            "ln_pre.",
            "pre_layrnorm.",
            "vision_model.embeddings.class_embedding",
            "visual.class_embedding",
        ],
        &CLIP,
    ),
    // An image encoder of SigLIP whose pooling was left out.
    (&["vision_model.post_layernorm.", "post_layernorm."], &SIGLIP),
    (
        &["attn.logit_scale", "cpb_mlp.", "self.logit_scale", "continuous_position_bias_mlp."],
        &SWIN_V2,
    ),
    (&["spatial_mlp."], &SWIN_MLP),
    (&["rel_pos.", "rel_pos_h", "shared_rel_pos."], &RELATIVE),
    (&["dist_token", "distillation_token"], &DISTILLED),
    (&["patch_embed.backbone.", "patch_embeddings.backbone.", "conv_root/"], &HYBRID),
    (&["stages.0.blocks.0.conv_dw", "stages.0.layers.0.dwconv", "downsample_layers."], &CONVNEXT),
    (&["embeddings.patch_embeddings.weight"], &DINOV3),
    (&["layer1.0.conv1.", "encoder.stages.0.layers.0.layer.0.convolution."], &RESNET),
];

/// What stands for windows and stages (Swin), whose tables of positions can be computed.
const STAGED: &str = "layers.0.blocks.0.";

/// Parts of names that are looked for only where there are no stages.
const PLAIN_SIGNS: &[(&[&str], &Unusable)] =
    &[(&["relative_position_bias", "relative_position_bias_table", "rel_pos_bias."], &BEIT)];

/// Parts of names that are looked for only where nothing plainer has been found: these blocks could
/// be computed, but they do not show whether positions turn queries and keys.
const LATE_SIGNS: &[(&[&str], &Unusable)] = &[(&["gamma_1", "attn.q_bias", "lambda_1"], &EVA)];

/// What a file's names show that cannot be computed, and the name that shows it.
pub(in crate::weights) fn by_names<'n>(
    names: impl Iterator<Item = &'n str> + Clone,
) -> Option<(&'static Unusable, &'n str)> {
    let staged = || names.clone().any(|name| has(name, STAGED));
    first(SIGNS, names.clone()).or_else(|| first(PLAIN_SIGNS, names.clone()).filter(|_| !staged()))
}

/// As [`by_names`], where parts of the network have been looked at.
pub(super) fn by_names_at_last<'n>(
    names: impl Iterator<Item = &'n str> + Clone,
) -> Option<(&'static Unusable, &'n str)> {
    first(LATE_SIGNS, names)
}

fn first<'n>(
    signs: &'static [(&[&str], &Unusable)],
    names: impl Iterator<Item = &'n str> + Clone,
) -> Option<(&'static Unusable, &'n str)> {
    signs.iter().find_map(|(parts, kind)| {
        let mut names = names.clone();
        names.find(|name| parts.iter().any(|part| has(name, part))).map(|name| (*kind, name))
    })
}

/// Whether a part of a name begins so.
fn has(name: &str, part: &str) -> bool {
    name.match_indices(part).any(|(at, _)| at == 0 || name[..at].ends_with(['.', '/']))
}

/// What of an architecture the network cannot compute. This is the one place that knows: a part
/// that the network learns to compute is taken out of here.
pub(super) fn beyond_network(a: &Architecture) -> Option<&'static Unusable> {
    match (a.position, a.mlp) {
        (Position::Rotary, _) => Some(&ROTARY),
        (_, Mlp::Gated) => Some(&GATED),
        _ if a.registers > 0 => Some(&REGISTERS),
        (_, Mlp::GeluTanh) => Some(&GELU_TANH),
        _ if a.stages.is_some() => None,
        (Position::None, _) => Some(&NO_POSITIONS),
        _ if !a.cls_token => Some(&NO_CLS),
        (Position::Learned, Mlp::Gelu) => None,
    }
}

/// The canonical name of a tensor that shows what cannot be computed.
pub(super) fn example(kind: &Unusable, tensors: &BTreeMap<String, Tensor>) -> String {
    let found = match *kind {
        GATED => seen::gate(tensors),
        ROTARY => seen::rotary(tensors),
        REGISTERS => Some("reg_token"),
        NO_POSITIONS => return "no pos_embed".to_owned(),
        NO_CLS => return "no cls_token".to_owned(),
        _ => None,
    };
    found.unwrap_or_default().to_owned()
}

/// The error about a kind of model that cannot be used.
pub(in crate::weights) fn unsupported(
    path: &Path,
    kind: &Unusable,
    example: &str,
    width: Option<usize>,
) -> Error {
    Error::Unsupported {
        path: path.to_owned(),
        what: kind.what,
        example: example.to_owned(),
        nearest: kind.nearest(width),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_begin_where_parts_of_names_begin() {
        let kind = |name: &str| by_names([name].into_iter()).map(|(kind, _)| kind);
        assert_eq!(kind("visual.ln_pre.weight"), Some(&CLIP));
        assert_eq!(kind("blocks.0.attn.q_norm.weight"), Some(&QK_NORM));
        assert_eq!(kind("blocks.0.attn.seq_norm.weight"), None);
        assert_eq!(kind("my_dist_token"), None);
        assert_eq!(kind("blocks.0.attn.relative_position_bias_table"), Some(&BEIT));
        assert_eq!(kind("layers.0.blocks.0.attn.relative_position_bias_table"), None);
        assert_eq!(kind("layers.0.blocks.0.attn.logit_scale"), Some(&SWIN_V2));
        assert_eq!(kind("blocks.0.norm1.weight"), None);
    }

    #[test]
    fn the_plain_network_is_all_that_can_be_computed() {
        let plain = Architecture::plain(4, 2, 8, 1, 2);
        assert_eq!(beyond_network(&plain), None);
        let without = |change: fn(&mut Architecture)| {
            let mut a = plain.clone();
            change(&mut a);
            beyond_network(&a)
        };
        assert_eq!(without(|a| a.registers = 4), Some(&REGISTERS));
        assert_eq!(without(|a| a.cls_token = false), Some(&NO_CLS));
        assert_eq!(without(|a| a.position = Position::Rotary), Some(&ROTARY));
        assert_eq!(without(|a| a.position = Position::None), Some(&NO_POSITIONS));
        assert_eq!(without(|a| a.mlp = Mlp::Gated), Some(&GATED));
        assert_eq!(without(|a| a.mlp = Mlp::GeluTanh), Some(&GELU_TANH));
    }
}
