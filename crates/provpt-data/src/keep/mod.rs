//! Prepared images, kept between epochs and runs: in memory, or in a file.

mod cache;
mod fingerprint;
mod pixels;
mod preparation;
mod tidy;

pub use pixels::Pixels;
pub use preparation::{Keep, Preparation};
