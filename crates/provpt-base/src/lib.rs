//! What all crates of provpt share.
//!
//! [`text_of`] decodes text files; [`quoted`] makes strangers' text fit to stand in a message;
//! [`Interpolation`] names the ways to resize an image; [`kilobytes`] reads sizes of memory; a [`Stream`] of random numbers depends on its
//! seed and its purpose alone:
//!
//! ```
//! use provpt_base::{Purpose, quoted, stream};
//! use rand::RngExt;
//!
//! assert_eq!(quoted("blocks.0\r\u{1b}[2J").to_string(), r"blocks.0\r\u{1b}[2J");
//! let draw = || stream(7, Purpose::Shuffle, [3, 0]).random::<u64>();
//! assert_eq!(draw(), draw());
//! ```

mod interpolation;
mod linux;
mod quoted;
mod random;
mod text;

pub use interpolation::{Interpolation, UnknownInterpolation};
pub use linux::kilobytes;
pub use quoted::quoted;
pub use random::{Purpose, Stream, stream};
pub use text::{NotText, text_of};
