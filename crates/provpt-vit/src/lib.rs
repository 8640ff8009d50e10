//! Frozen vision transformers: registry, checkpoint import, and an explicit forward and backward
//! engine in which prompts take part as keys and values only.
//!
//! A [`Backbone`] is a checkpoint's weights under canonical names, with its [`Architecture`]; an
//! [`Engine`] computes with it on all cores:
//!
//! ```
//! # #[cfg(feature = "embedded")]
//! # fn main() -> Result<(), provpt_vit::Error> {
//! use provpt_vit::weights::LoadOptions;
//! use provpt_vit::{Backbone, Engine, Placement, Prompts};
//!
//! let engine = Engine::new(Backbone::pico(&LoadOptions::default())?, 1)?;
//! let a = engine.architecture();
//! let pixels = vec![0.1; a.image_values()];
//! let prompt = vec![0.5; a.width];
//! let prompts = Prompts { values: &prompt, block_of: &[3], placement: Placement::Deep, logits: &[] };
//! assert_eq!(engine.features(&pixels, &Prompts::NONE)?.len(), a.width);
//! assert_ne!(engine.features(&pixels, &prompts)?, engine.features(&pixels, &Prompts::NONE)?);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "embedded"))]
//! # fn main() {}
//! ```
//!
//! # Environment
//!
//! `PROVPT_SIMD` says what the engine's loops run on: `native` (the default), the best instruction
//! set of the machine, or `portable`, the one that the program was compiled for, to see whether
//! something odd comes from the other. Both give the same bits. Matrix products in f32 are not
//! concerned: the `gemm-f32` crate chooses their instruction set by itself, and knows no way to be
//! told. Those in bf16 ([`Precision::Bf16`]) are plain loops under `portable`, and differ from those of
//! the processor's own units in the order of their sums. Any other value is an error of
//! [`Engine::new`], lest a slip of the pen be taken for a measurement.

// Unit tests share modules with the tests in `tests/`, which know the crate by its name.
#[cfg(test)]
extern crate self as provpt_vit;

mod alexnet;
mod architecture;
#[cfg(feature = "bench")]
pub mod bench;
mod device;
mod dropout;
mod engine;
mod error;
mod gradients;
mod images;
mod kernels;
mod learn;
mod net;
mod posembed;
mod position_table;
mod precision;
mod prompts;
pub mod registry;
mod stages;
pub mod weights;

pub use alexnet::AlexNetShape;
pub use architecture::{Architecture, Mlp, Pooling, Position, PromptPool};
pub use device::{Device, DeviceInfo, HAS_GPU, NoDevice, devices};
pub use dropout::{BackboneMask, DropPlace};
pub use engine::{Engine, StepMemory};
pub use error::{Contradiction, Error, Mismatch, WrongShape};
pub use gradients::Gradients;
pub use images::Images;
pub use kernels::instruction_set;
pub use learn::{Tuned, Weight};
pub use posembed::Resampling;
pub use precision::Precision;
pub use prompts::{Placement, PromptMask, Prompts};
pub use stages::Stages;
pub use weights::Backbone;
