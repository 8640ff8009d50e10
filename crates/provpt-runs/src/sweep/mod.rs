//! What a sweep leaves on disk: many runs, the plan that lists them, and what was settled on the
//! way.

mod folder;
mod halving;
mod outcome;
mod rank;
mod trial;

pub use folder::SweepFolder;
pub use halving::{Course, Halving, Simulated, simulate};
pub use outcome::{Choice, Epochs, Rung, TrialFailure};
pub use rank::{Candidate, best_first};
pub use trial::{Plan, Protocol, Stage, SweepInfo, Trial};
