//! TensorBoard's event files, where the program was built with them.

#[cfg(feature = "tensorboard")]
pub(crate) use provpt_report::EventFile;

#[cfg(not(feature = "tensorboard"))]
pub(crate) use without::EventFile;

#[cfg(not(feature = "tensorboard"))]
mod without {
    use std::io::{Error as IoError, ErrorKind};
    use std::path::Path;

    use provpt_runs::{EpochRecord, Error, Metrics, StepRecord};

    /// A file that there never is.
    pub(crate) enum EventFile {}

    impl EventFile {
        pub(crate) fn open(path: &Path, _: &Metrics, _: &[StepRecord]) -> Result<Self, Error> {
            let cause = "log.tensorboard: expected a program built with `--features tensorboard`";
            let cause = IoError::new(ErrorKind::Unsupported, cause);
            Err(Error::Write { path: path.to_owned(), cause })
        }

        pub(crate) fn push(&mut self, _: &EpochRecord, _: &[StepRecord]) -> Result<(), Error> {
            match *self {}
        }
    }
}
