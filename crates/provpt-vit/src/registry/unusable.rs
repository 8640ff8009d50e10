//! Kinds of vision models that are known and cannot be used, and what comes nearest to them.

use super::find;

/// A kind of model that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unusable {
    /// What it is, or what it has.
    pub(crate) what: &'static str,
    /// Which family has the nearest model that will do.
    nearest: Family,
}

/// Registered models of one kind, from small to large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Supervised,
    Mae,
    Dinov2,
    Swin,
}

impl Family {
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Supervised => &[
                "vit_tiny_patch16_224",
                "vit_small_patch16_224",
                "vit_base_patch16_224",
                "vit_large_patch16_224",
            ],
            Self::Mae => &["mae_vitb16", "mae_vitl16", "mae_vith14"],
            Self::Dinov2 => {
                &["vit_small_patch14_dinov2", "vit_base_patch14_dinov2", "vit_large_patch14_dinov2"]
            }
            Self::Swin => &[
                "swin_tiny_patch4_window7_224",
                "swin_base_patch4_window7_224",
                "swin_large_patch4_window7_224",
            ],
        }
    }
}

impl Unusable {
    const fn new(what: &'static str, nearest: Family) -> Self {
        Self { what, nearest }
    }

    /// The registered model that comes nearest, by the width of its first tokens if that is
    /// known.
    pub(crate) fn nearest(&self, width: Option<usize>) -> &'static str {
        let names = self.nearest.names();
        let distance = |name: &&&str| {
            let its = find(name).map_or(0, |record| record.architecture.block_width(0));
            its.abs_diff(width.unwrap_or(768))
        };
        names.iter().min_by_key(distance).copied().unwrap_or_default()
    }
}

pub(crate) const REGISTERS: Unusable = Unusable::new("register tokens", Family::Dinov2);
pub(crate) const GATED: Unusable = Unusable::new("a gated MLP (SwiGLU)", Family::Dinov2);
pub(crate) const GELU_TANH: Unusable =
    Unusable::new("GELU in its approximation by tanh", Family::Supervised);
pub(crate) const ACTIVATION: Unusable =
    Unusable::new("an MLP with another activation than GELU", Family::Supervised);
pub(crate) const ROTARY: Unusable =
    Unusable::new("rotary position embeddings (RoPE)", Family::Supervised);
pub(crate) const NO_POSITIONS: Unusable = Unusable::new(
    "no learned position embeddings (rotary or relative ones leave none)",
    Family::Supervised,
);
pub(crate) const NO_CLS: Unusable =
    Unusable::new("no CLS token (features are the mean of the patches)", Family::Mae);
pub(crate) const MEAN_OF_NORMS: Unusable =
    Unusable::new("a mean of tokens after the norm instead of before it", Family::Mae);
pub(crate) const CLIP: Unusable =
    Unusable::new("an image encoder of CLIP (a norm in front of the blocks)", Family::Supervised);
pub(crate) const SIGLIP: Unusable = Unusable::new(
    "an image encoder of SigLIP (attention pooling in place of the CLS token, MAP)",
    Family::Supervised,
);
pub(crate) const BEIT: Unusable =
    Unusable::new("relative position biases (BEiT)", Family::Supervised);
pub(crate) const EVA: Unusable = Unusable::new(
    "blocks of EVA or BEiT (whose positions can be rotary or relative)",
    Family::Supervised,
);
pub(crate) const DINOV3: Unusable =
    Unusable::new("rotary position embeddings (DINOv3)", Family::Dinov2);
pub(crate) const RELATIVE: Unusable =
    Unusable::new("relative position embeddings", Family::Supervised);
pub(crate) const DISTILLED: Unusable = Unusable::new("a distillation token", Family::Supervised);
pub(crate) const QK_NORM: Unusable = Unusable::new("norms of queries and keys", Family::Supervised);
pub(crate) const HYBRID: Unusable =
    Unusable::new("convolutions in front of the blocks (hybrid ViT)", Family::Supervised);
pub(crate) const SWIN_V2: Unusable =
    Unusable::new("positions by a network and cosine attention (Swin v2)", Family::Swin);
pub(crate) const SWIN_MLP: Unusable =
    Unusable::new("windows mixed without attention (Swin-MLP)", Family::Swin);
pub(crate) const SWIN_S3: Unusable =
    Unusable::new("windows of another size in each stage (S3)", Family::Swin);
pub(crate) const SWIN_ABSOLUTE: Unusable =
    Unusable::new("absolute positions beside those of windows", Family::Swin);
pub(crate) const CONVNEXT: Unusable =
    Unusable::new("a convolutional network (ConvNeXt)", Family::Supervised);
pub(crate) const RESNET: Unusable =
    Unusable::new("a convolutional network (ResNet)", Family::Supervised);
pub(crate) const OTHER: Unusable = Unusable::new("a model of another type", Family::Supervised);

/// Parts of published names, and what they stand for; the first that fits counts.
const BY_NAME: &[(&str, Unusable)] = &[
    ("siglip", SIGLIP),
    ("clip", CLIP),
    ("dinov3", DINOV3),
    ("eva02", ROTARY),
    ("_rope", ROTARY),
    ("_reg", REGISTERS),
    ("-with-registers", REGISTERS),
    ("dinov2_vitg14", GATED),
    ("giant_patch14_dinov2", GATED),
    ("dinov2-giant", GATED),
    ("data2vec", BEIT),
    ("beit", BEIT),
    ("relpos", RELATIVE),
    ("_gap_", NO_CLS),
    ("ijepa", NO_CLS),
    ("_distilled", DISTILLED),
    ("-distilled", DISTILLED),
    ("vit_small_r26", HYBRID),
    ("vit_large_r50", HYBRID),
    ("vit_base_r50", HYBRID),
    ("vit-hybrid", HYBRID),
    ("swinv2", SWIN_V2),
    ("swin_v2", SWIN_V2),
    ("swin-v2", SWIN_V2),
    ("swin2", SWIN_V2),
    ("swin_mlp", SWIN_MLP),
    ("swin-mlp", SWIN_MLP),
    ("swinmlp", SWIN_MLP),
    ("swin_s3", SWIN_S3),
    ("convnext", CONVNEXT),
    ("resnet", RESNET),
];

/// What a published model, known by its name, has that cannot be computed.
pub(crate) fn unusable(name: &str) -> Option<&'static Unusable> {
    let name = name.to_ascii_lowercase();
    BY_NAME.iter().find(|(part, _)| name.contains(part)).map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::names;

    #[test]
    fn no_registered_model_is_unusable() {
        for name in names() {
            assert_eq!(unusable(name), None, "{name}");
        }
    }

    #[test]
    fn published_names_are_told_for_what_they_are() {
        for (name, kind) in [
            ("dinov2_vitb14_reg", REGISTERS),
            ("DINOV2_VITS14_REG4", REGISTERS),
            ("vit_base_patch14_reg4_dinov2.lvd142m", REGISTERS),
            ("vit_giant_patch14_dinov2.lvd142m", GATED),
            ("vit_base_patch16_clip_224.openai", CLIP),
            ("clip-vit-base-patch16", CLIP),
            ("vit_base_patch16_siglip_224", SIGLIP),
            ("beitv2_base_patch16_224", BEIT),
            ("vit_base_patch16_dinov3.lvd1689m", DINOV3),
            ("vit_medium_patch16_gap_256", NO_CLS),
            ("deit_base_distilled_patch16_224", DISTILLED),
            ("swinv2_tiny_window8_256.ms_in1k", SWIN_V2),
            ("swinv2-base-patch4-window8-256", SWIN_V2),
            ("swin_mlp_tiny_c24_patch4_window8_256", SWIN_MLP),
            ("swin_s3_tiny_224.ms_in1k", SWIN_S3),
        ] {
            assert_eq!(unusable(name), Some(&kind), "{name}");
        }
    }

    #[test]
    fn the_nearest_model_is_registered_and_of_about_the_size() {
        for family in [Family::Supervised, Family::Mae, Family::Dinov2, Family::Swin] {
            assert!(family.names().iter().all(|name| find(name).is_some()), "{family:?}");
        }
        assert_eq!(REGISTERS.nearest(Some(384)), "vit_small_patch14_dinov2");
        assert_eq!(GATED.nearest(Some(1536)), "vit_large_patch14_dinov2");
        assert_eq!(CLIP.nearest(None), "vit_base_patch16_224");
        assert_eq!(NO_CLS.nearest(Some(192)), "mae_vitb16");
        assert_eq!(SWIN_V2.nearest(Some(96)), "swin_tiny_patch4_window7_224");
        assert_eq!(SWIN_V2.nearest(Some(128)), "swin_base_patch4_window7_224");
    }
}
