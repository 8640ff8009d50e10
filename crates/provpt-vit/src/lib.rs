//! Frozen vision transformers: registry, checkpoint import, and an explicit forward and backward
//! engine in which prompts take part as keys and values only.

mod architecture;
mod error;
mod posembed;
pub mod registry;
pub mod weights;

pub use architecture::{Architecture, Pooling};
pub use error::Error;
