//! The shape of a vision transformer: everything the engine needs besides the weights.

use serde::{Deserialize, Serialize};

/// How the final tokens become one feature vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// Final norm, then the CLS token (Dosovitskiy et al., ICLR 2021).
    Cls,
    /// Mean over all tokens but CLS, then `fc_norm` (He et al., MAE, CVPR 2022).
    Mean,
}

/// A pre-norm vision transformer (ViT).
///
/// # Shapes
/// `d = width`, `N = tokens()` = CLS + one token per patch, MLP hidden width `mlp_width`.
#[derive(Clone, Debug, PartialEq)]
pub struct Architecture {
    /// Side of the square input image, in pixels.
    pub image_size: usize,
    /// Side of a square patch, in pixels.
    pub patch_size: usize,
    /// Token width d.
    pub width: usize,
    /// Number of blocks L.
    pub depth: usize,
    /// Attention heads; each has width `d / heads`.
    pub heads: usize,
    /// Hidden width of the MLP.
    pub mlp_width: usize,
    /// Whether blocks scale their residual branches (DINOv2's LayerScale).
    pub layer_scale: bool,
    /// How features are read.
    pub pooling: Pooling,
    /// Epsilon of every LayerNorm.
    pub norm_eps: f32,
}

impl Architecture {
    /// Patches along one side of the image.
    pub fn grid(&self) -> usize {
        self.image_size / self.patch_size
    }

    /// Patches of one image.
    pub fn patches(&self) -> usize {
        self.grid() * self.grid()
    }

    /// Tokens of one image, N: CLS and the patches.
    pub fn tokens(&self) -> usize {
        1 + self.patches()
    }

    /// Width of one attention head.
    pub fn head_width(&self) -> usize {
        self.width / self.heads
    }

    /// Values of one flattened RGB patch, in (channel, row, column) order.
    pub fn patch_values(&self) -> usize {
        3 * self.patch_size * self.patch_size
    }

    /// Values of one NCHW image.
    pub fn image_values(&self) -> usize {
        3 * self.image_size * self.image_size
    }

    /// Values of one image's tokens, `tokens * d`.
    pub fn token_values(&self) -> usize {
        self.tokens() * self.width
    }
}
