//! What a training run leaves on disk: its records, and how they are written and read.
//!
//! A run is a folder ([`RunFolder`]): its configuration, one [`EpochRecord`] per epoch
//! ([`Metrics`]), the final [`RunResult`], perhaps an [`IdlenessStudy`]. A [`sweep`] is a folder of
//! many runs. All records are plain numbers: this crate knows no tensors, and draws nothing.
//!
//! ```
//! use provpt_runs::{EpochRecord, Metrics};
//!
//! let folder = tempfile::tempdir().unwrap();
//! let path = folder.path().join("metrics.jsonl");
//! let mut metrics = Metrics::default();
//! metrics.push(EpochRecord { train_loss: 1.5, ..EpochRecord::default() });
//! metrics.store(&path)?;
//! assert_eq!(Metrics::load(&path)?.last().map(|record| record.train_loss), Some(1.5));
//! # Ok::<(), provpt_runs::Error>(())
//! ```
//!
//! Losses are means in nats, accuracies (`top1`) fractions in `[0, 1]`, times in seconds. Blocks,
//! prompts and epochs count from 0 in files and from 1 in everything that people read.

pub mod atomic;
mod error;
mod folder;
mod lock;
mod method;
mod number;
mod records;
mod study;
pub mod sweep;

pub use error::Error;
pub use folder::RunFolder;
pub use lock::RunLock;
pub use method::MethodRow;
pub use records::{
    BestEpoch, ClassScore, EpochRecord, IdlenessRecord, LearnedCount, Metrics, Move, RunFailure,
    RunResult, Score, Seconds, StepLog, StepRecord, Steps, if_there,
};
pub use study::{
    Agreement, BlockAgreement, Choice, Foresight, IdlenessScore, IdlenessStudy, InsertionRow,
    InsertionScore, InsertionStudy, ScoreSummary, StudyRow, StudySummary,
};
