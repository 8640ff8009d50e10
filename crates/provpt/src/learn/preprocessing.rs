//! What images go through before the backbone sees them: settled once from the backbone's record,
//! the task and the configuration, then kept with the adapter.

use provpt_data::{Decoding, Fit, Interpolation, Preprocess};
use serde::{Deserialize, Serialize};

/// [`Preprocess`] as it is written down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreprocessRecord {
    /// Side of the square input in pixels.
    pub size: usize,
    /// Short side before the crop; none if images are squashed to the square.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resize_short: Option<usize>,
    /// `bilinear` (TF1), `pil-bilinear`, `pil-bicubic`, `pil13-bilinear` or `pil13-bicubic`.
    pub interpolation: Interpolation,
    /// Per channel, of values in 0..1.
    pub mean: [f32; 3],
    /// Per channel, of values in 0..1.
    pub std: [f32; 3],
    /// Whether photos are turned as their EXIF data ask.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exif_rotation: bool,
}

impl PreprocessRecord {
    /// How images are decoded.
    pub(crate) fn decoding(&self) -> Decoding {
        Decoding { exif: self.exif_rotation }
    }

    /// For the data crate.
    pub fn resolve(&self) -> Preprocess {
        Preprocess {
            size: self.size,
            fit: self.resize_short.map_or(Fit::Squash, |resize| Fit::ShortSideCrop { resize }),
            interpolation: self.interpolation,
            mean: self.mean,
            std: self.std,
        }
    }
}
