//! Sudden jumps of the loss or the gradient norm in a run's [steps](provpt_runs::Steps): when, how far,
//! what happened around them, and how long until the loss was back.
//!
//! Signals are the batch loss, less what the same images lost an epoch before as soon as that is known
//! (a batch of hard images is no spike), and the natural logarithm of the global gradient norm. Each step is
//! measured against the steps before it (at most [`WINDOW`]): its robust z-score is its distance
//! from their median in units of `1.4826 MAD`, the standard deviation of normal noise, of at least
//! a floor; for a batch with fewer images than those before it, in wider units. A step is part of a spike from
//! [`THRESHOLD`] on. Only rises count, and numbers that are
//! not finite count for nothing: a run that diverges for good has not spiked.

mod around;
mod detect;
mod rate;
mod turning;
mod window;

pub(crate) use around::{Around, around};
pub(crate) use detect::{Spike, find};
pub(crate) use rate::SpikeRate;
pub use turning::spike_table;

/// Steps that a step is measured against.
pub(crate) const WINDOW: usize = 32;
/// The z-score from which on a step is part of a spike.
pub(crate) const THRESHOLD: f64 = 6.0;
