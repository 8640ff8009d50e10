//! The records of a run, as they lie in its files.

mod epoch;
mod failure;
pub(crate) mod lines;
mod metrics;
mod result;
mod step;
mod step_log;

pub use epoch::{EpochRecord, IdlenessRecord, LearnedCount, Move, Score, Seconds};
pub use failure::RunFailure;
pub use metrics::Metrics;
pub use result::{BestEpoch, ClassScore, RunResult};
pub use step::{StepRecord, Steps};
pub use step_log::StepLog;

use std::io::ErrorKind;
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::Error;

/// Reads a JSON file that holds one record, named `expected` in errors.
pub(crate) fn load_json<T: DeserializeOwned>(
    path: &Path,
    expected: &'static str,
) -> Result<T, Error> {
    let bytes =
        std::fs::read(path).map_err(|cause| Error::Read { path: path.to_owned(), cause })?;
    serde_json::from_slice(&bytes).map_err(|cause| Error::Malformed {
        path: path.to_owned(),
        expected,
        cause,
    })
}

/// What a file holds, if it is there.
///
/// # Errors
/// Those of `load`, but for a missing file.
pub fn if_there<T>(
    path: &Path,
    load: impl Fn(&Path) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    match load(path) {
        Err(Error::Read { cause, .. }) if cause.kind() == ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}
