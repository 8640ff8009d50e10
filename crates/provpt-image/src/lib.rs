//! Pixels: from image files to the floats that a network sees.
//!
//! [`decode_file`] makes an [`Image`] of a file, level for level as Pillow does. A [`Preprocess`]
//! record says how images become a square of normalized floats: [`Preprocess::prepare`] resizes,
//! [`Preprocess::finish`] crops (at random, with whatever else an [`Augment`] asks for) and normalizes, so that
//! what comes of the first can be kept and used in every epoch.
//!
//! ```
//! use provpt_image::{Crops, Fit, Image, Interpolation, Preprocess, Resizer};
//! use std::sync::Arc;
//!
//! # fn main() -> Result<(), provpt_image::Error> {
//! let image = Arc::new(Image::from_rgb(4, 4, vec![255; 48])?);
//! let preprocess = Preprocess {
//!     size: 2,
//!     fit: Fit::Squash,
//!     interpolation: Interpolation::PilBilinear,
//!     mean: [0.5; 3],
//!     std: [0.5; 3],
//! };
//! let (mut resizer, mut floats) = (Resizer::new(), vec![0.0; preprocess.floats()]);
//! let prepared = preprocess.prepare(image, Crops::Evaluation, &mut resizer);
//! preprocess.finish(&prepared, None, &mut resizer, &mut floats);
//! assert_eq!(floats, [1.0; 12]);
//! # Ok(())
//! # }
//! ```

mod augment;
mod decode;
mod error;
mod image_rgb;
mod kind;
mod pillow;
mod png;
mod prepared;
mod preprocess;
mod resize;

pub use augment::{Augment, Augmentation, Crops, RandomCrop};
pub use decode::{Decoding, decode_bytes, decode_file, decode_file_with, is_image_name};
pub use error::Error;
pub use image_rgb::Image;
pub use kind::FileKind;
pub use pillow::Resizer;
pub use prepared::Prepared;
pub use preprocess::{Fit, Preprocess};
pub use provpt_base::Interpolation;
pub use resize::Levels;
