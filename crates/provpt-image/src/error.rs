use std::io;
use std::path::PathBuf;

use provpt_base::{UnknownInterpolation, quoted};

/// Everything that can go wrong between an image file and floats. Messages are one line; those about
/// a file start with its path.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read; what it holds is not known.
    #[error("{path}: cannot read the image: {cause}", path = quoted(.path))]
    Unreadable {
        /// The image.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
    /// A file could not be decoded.
    #[error("{path}: undecodable image: {cause}", path = quoted(.path), cause = quoted(.cause))]
    Undecodable {
        /// The image.
        path: PathBuf,
        /// What the decoder said.
        cause: String,
    },
    /// An image would take too much memory.
    #[error(
        "{path}: image too large: expected at most {max_side} pixels a side, and {max_mib} MiB as \
         stored and as RGB, got {width}x{height} pixels",
        path = quoted(.path)
    )]
    TooLarge {
        /// The image.
        path: PathBuf,
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// Longest side allowed.
        max_side: u32,
        /// Most memory allowed.
        max_mib: u64,
    },
    /// Pixels do not fill an image of the given size.
    #[error("image of {width}x{height}: expected {expected} bytes, at least 3, got {got}")]
    Pixels {
        /// Pixels.
        width: usize,
        /// Pixels.
        height: usize,
        /// width * height * 3.
        expected: usize,
        /// Bytes given.
        got: usize,
    },
    /// An image could not be made a PNG.
    #[error("png: cannot encode: {cause}", cause = quoted(.cause))]
    Png {
        /// What the encoder said.
        cause: String,
    },
    /// The image size asked for makes no sense.
    #[error("image size: expected 1..={max}, got {got}")]
    Size {
        /// The most allowed.
        max: usize,
        /// What was asked for.
        got: usize,
    },
    /// The short side would be smaller than the crop, or absurdly large.
    #[error("short side before the crop: expected {size}..={max}, got {resize}")]
    ShortSide {
        /// Side of the crop.
        size: usize,
        /// The most allowed.
        max: usize,
        /// What was asked for.
        resize: usize,
    },
    /// A word that names no interpolation.
    #[error(transparent)]
    Interpolation(#[from] UnknownInterpolation),
}
