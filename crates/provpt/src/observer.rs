//! What a run tells whoever watches it. The library itself prints nothing.

use provpt_runs::{EpochRecord, RunResult, StepRecord};

use crate::config::Config;

/// Part of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Steps that find a learning rate.
    FindRate,
    /// Measuring idleness over the training set.
    Score,
    /// Trying removals in truth.
    Verify,
    /// Gradient steps.
    Tune,
    /// Validation, or the numbers at the end of a run.
    Evaluate,
}

/// Something happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// Everything is loaded; lines that say what was assumed.
    Started {
        /// The run's configuration, also of one that is resumed.
        config: &'a Config,
        /// One fact each.
        facts: &'a [String],
        /// Epochs in all.
        epochs: usize,
        /// Epoch to begin with: above 0 when resumed.
        first: usize,
        /// The records of the epochs before it.
        earlier: &'a [EpochRecord],
    },
    /// Some images are decoded and resized, ahead of the first epoch.
    Preparing {
        /// `train`, `val` or `test`.
        split: &'static str,
        /// Images dealt with.
        done: usize,
        /// Images of the split.
        total: usize,
    },
    /// Something that does not stop the run, but should be known.
    Warning(&'a str),
    /// The learning rate that the first steps found.
    Rate(f64),
    /// A batch is done.
    Batch {
        /// Counted from 0.
        epoch: usize,
        /// Which part.
        phase: Phase,
        /// Batches done in this phase.
        done: usize,
        /// Batches in this phase.
        total: usize,
        /// Mean loss of the batch, if it has one.
        loss: Option<f64>,
    },
    /// A gradient step is done.
    Step(&'a StepRecord),
    /// An epoch is done and recorded.
    Epoch(&'a EpochRecord),
    /// The run has come to its end; its result is recorded next.
    Finished(&'a RunResult),
}

/// Watches a run.
pub trait Observer {
    /// Called as things happen, on the thread that runs.
    fn event(&mut self, event: &Event<'_>);
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn event(&mut self, _: &Event<'_>) {}
}

/// Tells an observer how many batches of a phase are done, and of how many.
pub(crate) fn batches(
    observer: &mut dyn Observer,
    epoch: usize,
    phase: Phase,
) -> impl FnMut(usize, usize) {
    move |done, total| observer.event(&Event::Batch { epoch, phase, done, total, loss: None })
}
