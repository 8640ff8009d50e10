//! What one call of training is told beyond the configuration: none of it changes the run.

use std::time::Duration;

use provpt_runs::RunResult;

/// How to go about a run, this time.
#[derive(Clone, Copy, Debug, Default)]
pub struct TrainOptions {
    /// End, with a checkpoint and without a result, once so many epochs are done in all. The
    /// learning rates stay those of all `solver.total_epoch` epochs.
    pub stop_after: Option<usize>,
    /// Whether [`resume`](crate::resume) may go on with other images than those that the run began
    /// with.
    pub other_images: bool,
    /// How long to wait for another process that trains the same run.
    pub lock_wait: Duration,
}

/// How training ended.
#[derive(Clone, Debug)]
pub enum Ended {
    /// The run is finished.
    Finished(Box<RunResult>),
    /// It was stopped as asked; [`resume`](crate::resume) goes on.
    Stopped {
        /// Epochs done.
        epochs: usize,
        /// Epochs in all.
        of: usize,
    },
}
