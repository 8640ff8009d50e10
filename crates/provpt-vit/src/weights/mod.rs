//! Checkpoints in, canonical tensors out.
//!
//! A file is read into named f32 tensors ([`Format`]; room `read`), renamed to timm's names
//! ([`Naming`]; room `name`), compared without mercy with the architecture that all sources together
//! say it has (rooms `describe` and `settle`), and brought to the wanted image size.

mod alexnet;
mod backbone;
mod describe;
mod embedded;
mod fold;
mod hub;
mod import;
mod inspect;
mod name;
mod read;
mod save;
mod settle;
mod side;
mod source;

pub use alexnet::AlexNet;
pub use backbone::{Backbone, ImportReport, LoadOptions, Resampled};
pub use inspect::Inspection;
pub use name::Naming;
pub use read::Format;
pub(crate) use read::StateDict;
pub use save::Precision;
pub use settle::{Finding, PixelSource};
pub use side::SideNetwork;
pub use source::Source;

/// A dense tensor, row-major.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tensor {
    /// Extents, outermost first.
    pub shape: Vec<usize>,
    /// The values; as many as the shape's product.
    pub data: Vec<f32>,
}
