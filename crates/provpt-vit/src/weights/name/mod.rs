//! Whose names the tensors of a checkpoint bear ([`Naming`]), and the way to canonical ones.

mod google;
mod hugging_face;
mod layout;
mod naming;
mod rename;
mod timm;

pub(in crate::weights) use layout::reverse_axes;
pub use naming::Naming;
pub(in crate::weights) use naming::{Canonical, Detected};
pub(in crate::weights) use rename::number;
