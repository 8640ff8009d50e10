use provpt_base::Interpolation;
use serde::{Deserialize, Serialize};

use crate::Architecture;

/// What a backbone expects of its images: pixels in 0..1, less `mean`, over `std`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreprocessingRecord {
    /// Mean of each RGB channel.
    pub mean: [f32; 3],
    /// Standard deviation of each RGB channel.
    pub std: [f32; 3],
    /// How images are resized.
    pub interpolation: Interpolation,
}

impl PreprocessingRecord {
    /// Pixels to -1..1, Pillow's bicubic: timm's record for weights that Google trained.
    pub const INCEPTION: Self =
        Self { mean: [0.5; 3], std: [0.5; 3], interpolation: Interpolation::PilBicubic };

    /// The statistics of ImageNet's pixels.
    pub(super) const fn imagenet(interpolation: Interpolation) -> Self {
        Self { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], interpolation }
    }
}

/// One published backbone.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelRecord {
    /// timm's name, or that of published prompt-tuning code.
    pub name: &'static str,
    /// Other names of the same weights.
    pub aliases: &'static [&'static str],
    /// The network, at the size of images that the weights were trained for.
    pub architecture: Architecture,
    /// What images must look like.
    pub preprocessing: PreprocessingRecord,
    /// Names under which the weights are published.
    pub files: &'static [&'static str],
    /// Where the weights come from.
    pub source: &'static str,
}
