//! Checkpoints in, canonical tensors out.
//!
//! A file is read into named f32 tensors ([`Format`]), renamed to timm's names ([`Naming`]),
//! compared with the architecture without mercy, and brought to the wanted image size.

mod backbone;
mod decode;
mod file;
#[cfg(test)]
mod foreign;
mod format;
mod google;
mod hub;
mod hugging_face;
mod import;
mod infer;
mod inspect;
mod layout;
mod merge;
mod naming;
mod npz;
mod own;
mod pickle;
#[cfg(feature = "pico")]
mod pico;
mod pytorch;
mod reasons;
mod refuse;
mod rename;
mod safetensors;
mod save;
mod shards;
mod source;
mod state;
mod storages;
mod timm;

pub use backbone::{Backbone, ImportReport, LoadOptions, Resampled};
pub use format::Format;
pub use inspect::Inspection;
pub use naming::Naming;
#[cfg(feature = "pico")]
pub use pico::PICO;
pub use reasons::Finding;
pub use save::Precision;
pub use source::Source;
pub(crate) use state::StateDict;

/// A dense tensor, row-major.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tensor {
    /// Extents, outermost first.
    pub shape: Vec<usize>,
    /// The values; as many as the shape's product.
    pub data: Vec<f32>,
}
