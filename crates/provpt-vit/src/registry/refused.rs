//! Published backbones that are known and cannot be used yet.

const REGISTERS: &str = "register tokens";
const GIANT: &str = "a gated MLP (SwiGLU)";

const REFUSED: &[(&str, &str)] = &[
    ("dinov2_vits14_reg", REGISTERS),
    ("dinov2_vitb14_reg", REGISTERS),
    ("dinov2_vitl14_reg", REGISTERS),
    ("dinov2_vitg14_reg", REGISTERS),
    ("dinov2_vits14_reg4", REGISTERS),
    ("dinov2_vitb14_reg4", REGISTERS),
    ("dinov2_vitl14_reg4", REGISTERS),
    ("dinov2_vitg14_reg4", REGISTERS),
    ("vit_small_patch14_reg4_dinov2", REGISTERS),
    ("vit_base_patch14_reg4_dinov2", REGISTERS),
    ("vit_large_patch14_reg4_dinov2", REGISTERS),
    ("vit_giant_patch14_reg4_dinov2", REGISTERS),
    ("dinov2_vitg14", GIANT),
    ("vit_giant_patch14_dinov2", GIANT),
];

/// What a published backbone has that cannot be computed yet. timm's pretraining tags are
/// accepted, as in [`find`](super::find).
pub(crate) fn refused(name: &str) -> Option<&'static str> {
    let bare = name.split_once('.').map_or(name, |(bare, _)| bare);
    let is_named = |(refused, _): &&(&str, &str)| refused.eq_ignore_ascii_case(bare);
    REFUSED.iter().find(is_named).map(|(_, what)| *what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::find;

    #[test]
    fn no_backbone_is_both_known_and_refused() {
        for (name, what) in REFUSED {
            assert!(find(name).is_none(), "{name}");
            assert_eq!(refused(&format!("{}.lvd142m", name.to_uppercase())), Some(*what));
        }
        assert_eq!(refused("vit_base_patch14_dinov2"), None);
    }
}
