//! Everything that can end a command early.

use std::io;
use std::path::{Path, PathBuf};

/// Why a command failed, in one line. What to do about it is `explain`'s.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The libraries.
    #[error(transparent)]
    Library(#[from] provpt::Error),
    /// A sweep.
    #[error(transparent)]
    Sweep(provpt_sweep::Error),
    /// Trials of a sweep failed; all others have ended.
    #[error("{}: expected all trials to end well, got {failed} that failed", path.display())]
    TrialsFailed { path: PathBuf, failed: usize },
    /// A signal stopped a sweep.
    #[error("stopped by a signal: {left} trials are left")]
    Interrupted { left: usize },
    /// Another worker has the one trial that was to be worked on.
    #[error("trial {trial}: expected it to be free, got one that another worker has{by}")]
    Held { trial: String, by: String },
    /// A task of Slurm could not be put into the queue again.
    #[error("scontrol requeue {task}: expected it to succeed, got an error")]
    Requeue { task: String },
    /// Arguments that clap cannot judge: `what: expected X, got Y`.
    #[error("{0}")]
    Usage(String),
    /// The program does not do here what it should.
    #[error("{failed}: expected the test to pass, got what is told above")]
    Unwell { failed: String },
    /// Standard output.
    #[error("standard output: cannot write: {0}")]
    Stdout(#[source] io::Error),
    /// A value has no form in the format of its file.
    #[error("{}: cannot encode: {cause}", path.display())]
    Encode { path: PathBuf, cause: String },
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    pub(crate) fn encode(path: &Path, cause: &dyn std::fmt::Display) -> Self {
        Self::Encode { path: path.to_owned(), cause: cause.to_string() }
    }

    /// The reader of our output has gone, as `head` does.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Stdout(cause) if cause.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl From<provpt_runs::Error> for Failure {
    fn from(error: provpt_runs::Error) -> Self {
        provpt::Error::from(error).into()
    }
}

impl From<provpt_vit::Error> for Failure {
    fn from(error: provpt_vit::Error) -> Self {
        provpt::Error::from(error).into()
    }
}

impl From<provpt::config::ConfigError> for Failure {
    fn from(error: provpt::config::ConfigError) -> Self {
        provpt::Error::from(error).into()
    }
}

impl From<provpt_sweep::Error> for Failure {
    fn from(error: provpt_sweep::Error) -> Self {
        use provpt_sweep::Error::{Io, Runs, Settings};
        match error {
            Io(error) => error.into(),
            Runs(error) => error.into(),
            Settings(fault) => match fault.downcast::<provpt::config::ConfigError>() {
                Ok(error) => (*error).into(),
                Err(fault) => Self::Sweep(Settings(fault)),
            },
            other => Self::Sweep(other),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        provpt::Error::from(error).into()
    }
}
