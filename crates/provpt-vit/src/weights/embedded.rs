use super::{Backbone, Inspection, LoadOptions};
use crate::error::Error;

/// Registered name of the backbone that is part of the library.
pub const PICO: &str = "provpt_pico_patch4_32";

static BYTES: &[u8] = include_bytes!("../../assets/provpt_pico_patch4_32.f16.safetensors");

impl Backbone {
    /// The small pretrained backbone that is part of the library: no file, no download.
    ///
    /// # Errors
    /// The options do not fit it.
    pub fn pico(options: &LoadOptions) -> Result<Self, Error> {
        Self::from_bytes(PICO, BYTES, options)
    }
}

impl Inspection {
    /// As [`open`](Self::open), of the backbone that is part of the library.
    ///
    /// # Errors
    /// None, unless the library is broken.
    pub fn pico(options: &LoadOptions) -> Result<Self, Error> {
        Self::from_bytes(PICO, BYTES, options)
    }
}
