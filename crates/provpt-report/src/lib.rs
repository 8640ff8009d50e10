//! Everything that draws what a run left on disk.
//!
//! [`report`] makes one page of one run, [`comparison`] sets runs and sweeps side by side,
//! [`watch`] looks at runs while they happen, and an [`EventFile`] tells TensorBoard. All of it is
//! made of the records of [`provpt_runs`]: this crate trains nothing and knows no tensors.

pub mod comparison;
pub mod report;
mod spikes;
mod stats;
mod table;
mod tensorboard;
pub mod watch;

pub use table::{Align, Table};
pub use tensorboard::EventFile;
