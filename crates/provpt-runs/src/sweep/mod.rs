//! What a sweep leaves on disk: many runs, the plan that lists them, and what was settled on the
//! way.

mod folder;
mod outcome;
mod trial;

pub use folder::SweepFolder;
pub use outcome::{Choice, TrialFailure};
pub use trial::{Halving, Plan, Protocol, Stage, SweepInfo, Trial};
