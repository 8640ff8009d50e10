//! Frozen vision transformers: registry, checkpoint import, and an explicit forward and backward
//! engine in which prompts take part as keys and values only.
//!
//! # Environment
//!
//! `PROVPT_SIMD` says what the engine's loops run on: `native` (the default), the best instruction
//! set of the machine, or `portable`, the one that the program was compiled for, to see whether
//! something odd comes from the other. Both give the same bits. Matrix products are not concerned:
//! the `gemm` crate chooses their instruction set by itself, and knows no way to be told. Any other
//! value is an error of [`Engine::new`], lest a slip of the pen be taken for a measurement.

// Unit tests share modules with the tests in `tests/`, which know the crate by its name.
#[cfg(test)]
extern crate self as provpt_vit;

mod architecture;
#[cfg(feature = "bench")]
pub mod bench;
mod engine;
mod error;
mod gradients;
mod images;
mod kernels;
mod net;
mod posembed;
mod prompts;
pub mod registry;
pub mod weights;

pub use architecture::{Architecture, Pooling};
pub use engine::Engine;
pub use error::{Error, Mismatch, WrongShape};
pub use gradients::Gradients;
pub use images::Images;
pub use posembed::Resampling;
pub use prompts::{Placement, PromptMask, Prompts};
pub use weights::Backbone;
