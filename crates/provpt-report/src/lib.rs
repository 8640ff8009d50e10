//! Everything that draws what a run left on disk.
//!
//! [`report`] makes one page of one run, [`comparison`] sets runs and sweeps side by side. With the
//! feature `watch` there is a screen for terminals that shows runs while they happen, with
//! `tensorboard` the event files that TensorBoard reads; neither is there by default. All of it is
//! made of the records of [`provpt_runs`]: this crate trains nothing and knows no tensors.
//!
//! ```
//! use provpt_report::{Align, Table};
//!
//! let mut table = Table::new([("method", Align::Left), ("top-1", Align::Right)]);
//! table.row(["linear".to_owned(), "62.5%".to_owned()]);
//! assert_eq!(table.plain().lines().last(), Some("linear  62.5%"));
//! ```

pub mod comparison;
pub mod report;
mod spikes;
mod stats;
mod table;
#[cfg(feature = "tensorboard")]
mod tensorboard;
pub mod text;
#[cfg(feature = "watch")]
pub mod watch;

pub use spikes::spike_table;
pub use table::{Align, Table};
#[cfg(feature = "tensorboard")]
pub use tensorboard::EventFile;
