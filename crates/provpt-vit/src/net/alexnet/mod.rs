//! AlexNet's convolutions and a projection of what they put out, for a chunk of images: forward, and
//! backward to all arrays.

mod filled;
mod pass;
mod plan;
mod sums;

pub(crate) use filled::Filled;
pub(crate) use pass::{Pass, Workspace};
pub(crate) use plan::Plan;
pub(crate) use sums::Sums;
