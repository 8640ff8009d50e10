use std::io;
use std::path::PathBuf;

use provpt_base::quoted;

/// An error of whoever knows what configurations mean.
pub type Fault = Box<dyn std::error::Error + Send + Sync>;

/// What can go wrong with a sweep, one line each: what, expected, got, path.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A run's or a sweep's files.
    #[error(transparent)]
    Runs(#[from] provpt_runs::Error),
    /// Another file, or a process; the message has its name.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A configuration.
    #[error(transparent)]
    Settings(#[from] Fault),
    /// Something in a spec is not as it should be.
    #[error("{}: {}: expected {expected}, got {}", quoted(path), quoted(what), quoted(got))]
    Spec {
        /// The spec.
        path: PathBuf,
        /// The key.
        what: String,
        /// What would do.
        expected: String,
        /// What is there.
        got: String,
    },
    /// A spec that is no TOML, or whose keys have values of another kind.
    #[error("{}: malformed spec: {}", quoted(path), quoted(cause))]
    Malformed {
        /// The spec.
        path: PathBuf,
        /// One line.
        cause: String,
    },
    /// A name in a spec that means nothing.
    #[error("{}: unknown {kind} {}; the nearest is {nearest}", quoted(path), quoted(name))]
    Unknown {
        /// The spec.
        path: PathBuf,
        /// What it should name.
        kind: &'static str,
        /// As it was spelled.
        name: String,
        /// The closest one there is.
        nearest: String,
    },
    /// A final trial whose grid has not ended.
    #[error(
        "trial {id}: the grid of {method} on {task}: expected all of it to have ended, got trials that have not"
    )]
    NotDue {
        /// The trial.
        id: String,
        /// Its task.
        task: String,
        /// Its method.
        method: String,
    },
    /// A line of a file of results that is none.
    #[error("{}: line {line}: expected a trial and its result: {}", quoted(path), quoted(cause))]
    Kept {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// One line.
        cause: String,
    },
    /// Results alone do not tell which trials of a grid may go on.
    #[error("{}: expected a sweep without halving, got one with", quoted(sweep))]
    KeptHalving {
        /// Its folder.
        sweep: PathBuf,
    },
    /// A trial that the plan does not have.
    #[error("index: expected less than {trials}, the trials of the stage, got {got}")]
    Index {
        /// How many there are.
        trials: usize,
        /// What was asked for.
        got: usize,
    },
    /// A folder has the plan of another sweep.
    #[error("{}: already holds another plan: expected the same {what}", quoted(path))]
    OtherPlan {
        /// The plan that is there.
        path: PathBuf,
        /// What differs.
        what: &'static str,
    },
}

/// What is nearest to `name` among `names`.
pub(crate) fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let score = |other: &str| strsim::jaro_winkler(name, other);
    let best = names.into_iter().max_by(|a, b| score(a).total_cmp(&score(b)));
    best.unwrap_or_default().to_owned()
}
