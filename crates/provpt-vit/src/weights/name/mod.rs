//! Whose names the tensors of a checkpoint bear ([`Naming`]), and the way to canonical ones. Each
//! library's names are one row, a [`Convention`](convention::Convention), in a file of its own.

mod canonical;
mod convention;
mod google;
mod hugging_face;
mod layout;
mod locate;
mod naming;
mod rename;
mod timm;
mod torchvision;

pub(in crate::weights) use convention::Convention;
pub(in crate::weights) use layout::reverse_axes;
pub(in crate::weights) use locate::{Located, Place, front, locate};
pub use naming::Naming;
pub(in crate::weights) use rename::number;
