use std::fmt;

use super::convention::Convention;
use super::{google, hugging_face, timm, torchvision};

/// Whose names the tensors of a checkpoint bear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// timm, DINO, DINOv2, MAE, MoCo v3, Swin's authors, MoBY; also the canonical names here.
    Timm,
    /// Hugging Face's `ViTModel`, `ViTForImageClassification`, `Dinov2Model`, `SwinModel`.
    HuggingFace,
    /// Google's npz files.
    Google,
    /// torchvision's `vit_b_16` and its siblings.
    TorchVision,
}

impl fmt::Display for Naming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Timm => "timm",
            Self::HuggingFace => "Hugging Face",
            Self::Google => "Google",
            Self::TorchVision => "torchvision",
        })
    }
}

/// All conventions, in the order in which they are looked for.
pub(super) const CONVENTIONS: [&Convention; 4] =
    [&google::NAMES, &hugging_face::NAMES, &torchvision::NAMES, &timm::NAMES];

impl Naming {
    /// Its row of the table.
    pub(in crate::weights) fn convention(self) -> &'static Convention {
        match self {
            Self::Timm => &timm::NAMES,
            Self::HuggingFace => &hugging_face::NAMES,
            Self::Google => &google::NAMES,
            Self::TorchVision => &torchvision::NAMES,
        }
    }
}
