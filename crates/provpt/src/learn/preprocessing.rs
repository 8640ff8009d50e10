//! What images go through before the backbone sees them: settled once from the backbone's record,
//! the task and the configuration, then kept with the adapter.

use provpt_data::{Decoding, Fit, Interpolation, Preprocess};
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

#[cfg(test)]
mod tests {
    use provpt_vit::registry;

    use super::*;

    #[test]
    fn every_registered_backbone_asks_for_a_resize_that_exists() {
        let mut interpolations = std::collections::BTreeSet::new();
        for name in registry::names() {
            let record = registry::find(name).unwrap().preprocessing;
            let interpolation = record.interpolation.as_str().to_owned();
            interpolations.insert(interpolation.clone());
            let (size, mean, std) = (224, record.mean, record.std);
            let (resize_short, exif_rotation) = (None, false);
            let record =
                PreprocessRecord { size, resize_short, interpolation, mean, std, exif_rotation };
            assert!(record.resolve().is_ok(), "{name}: {}", record.interpolation);
        }
        assert!(interpolations.len() > 1, "{interpolations:?}");
    }
}
