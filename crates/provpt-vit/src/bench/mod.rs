//! The inside of the engine, laid open for measurements only: single kernels for `benches/`, and
//! the floor of a training step. No part of what the library promises.

mod cases;
mod floor;

pub use cases::{Case, cases};
pub use floor::Floor;
