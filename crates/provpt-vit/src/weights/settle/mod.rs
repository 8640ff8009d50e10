//! What a checkpoint is: its architecture, by all that is known of it, and whether its tensors are
//! all there.

mod agree;
mod evidence;
mod merge;
mod outcome;
mod pixels;
mod reasons;
mod refuse;
mod seen;
mod staged;

pub(in crate::weights) use evidence::Evidence;
pub(in crate::weights) use outcome::settle;
pub use pixels::PixelSource;
pub(in crate::weights) use pixels::pixels;
pub use reasons::Finding;
pub(in crate::weights) use reasons::of_format;
pub(in crate::weights) use refuse::{by_names, unsupported};
