//! What images go through before the backbone sees them: settled once from the backbone's record,
//! the task and the configuration, then kept with the adapter.

use provpt_data::{Fit, Interpolation, Preprocess};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// [`Preprocess`] as it is written down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreprocessRecord {
    /// Side of the square input in pixels.
    pub size: usize,
    /// Short side before the crop; none if images are squashed to the square.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resize_short: Option<usize>,
    /// `bilinear` (TF1), `pil-bilinear` or `pil-bicubic`.
    pub interpolation: String,
    /// Per channel, of values in 0..1.
    pub mean: [f32; 3],
    /// Per channel, of values in 0..1.
    pub std: [f32; 3],
}

impl PreprocessRecord {
    /// For the data crate.
    ///
    /// # Errors
    /// The interpolation is unknown.
    pub fn resolve(&self) -> Result<Preprocess, Error> {
        Ok(Preprocess {
            size: self.size,
            fit: self.resize_short.map_or(Fit::Squash, |resize| Fit::ShortSideCrop { resize }),
            interpolation: self.interpolation.parse::<Interpolation>()?,
            mean: self.mean,
            std: self.std,
        })
    }
}
