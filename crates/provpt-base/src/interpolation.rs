//! The ways to resize an image.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::quoted;

/// How pixels are interpolated when an image changes size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interpolation {
    /// As `tf.image.resize_bilinear` of TensorFlow 1 (which the VTAB code used): source = target *
    /// in / out, no half-pixel shift, no antialias. The result is not rounded to whole levels.
    Bilinear,
    /// As Pillow's `BILINEAR`: half-pixel centres, antialiased, rounded to whole levels.
    PilBilinear,
    /// As Pillow's `BICUBIC` (a = -0.5): half-pixel centres, antialiased, whole levels.
    PilBicubic,
    /// As `BILINEAR` of Pillow 13 and later, which goes along the columns of tall images first. What
    /// is rounded in between differs by a level here and there.
    Pil13Bilinear,
    /// As `BICUBIC` of Pillow 13 and later.
    Pil13Bicubic,
}

impl Interpolation {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Bilinear,
        Self::PilBilinear,
        Self::PilBicubic,
        Self::Pil13Bilinear,
        Self::Pil13Bicubic,
    ];

    /// The name that configurations use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bilinear => "bilinear",
            Self::PilBilinear => "pil-bilinear",
            Self::PilBicubic => "pil-bicubic",
            Self::Pil13Bilinear => "pil13-bilinear",
            Self::Pil13Bicubic => "pil13-bicubic",
        }
    }
}

impl FromStr for Interpolation {
    type Err = UnknownInterpolation;

    fn from_str(s: &str) -> Result<Self, UnknownInterpolation> {
        let found = Self::ALL.into_iter().find(|interpolation| interpolation.as_str() == s);
        found.ok_or_else(|| UnknownInterpolation { got: s.to_owned() })
    }
}

impl fmt::Display for Interpolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// No interpolation has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "interpolation: expected bilinear, pil-bilinear, pil-bicubic, pil13-bilinear or pil13-bicubic, \
     got {}",
    quoted(got)
)]
pub struct UnknownInterpolation {
    /// What was asked for.
    pub got: String,
}
