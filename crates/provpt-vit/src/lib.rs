//! Frozen vision transformers: registry, checkpoint import, and an explicit forward and backward
//! engine in which prompts take part as keys and values only.

mod architecture;
#[cfg(feature = "bench")]
pub mod bench;
mod engine;
mod error;
mod images;
mod kernels;
mod posembed;
mod prompts;
pub mod registry;
mod vit;
pub mod weights;

pub use architecture::{Architecture, Pooling};
pub use engine::{Engine, Gradients};
pub use error::{Error, Mismatch, WrongShape};
pub use images::Images;
pub use posembed::Resampling;
pub use prompts::{Placement, PromptMask, Prompts};
pub use weights::Backbone;
