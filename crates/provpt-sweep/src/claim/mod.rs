//! Who works on a trial: claims that only one worker can win, on any file system that has hard
//! links, and the judgement whether their holders are still alive.
//!
//! ```text
//! claims/ID/N.json   the N-th claim: who holds it
//! claims/ID/N.beat   a byte for each sign of life
//! claims/ID/N.end    how it ended; a claim without is held, or its holder is gone
//! ```
//!
//! No wall clock is asked: clocks of machines differ, and jump. A claim is stale when *its file
//! has not grown* for a while by the watching worker's own monotonic clock, or at once when its
//! process can be seen to be gone. Whoever takes over makes claim N + 1; the holder of N, should it
//! come back, sees that and gives up.

mod holder;
mod store;
mod watch;

pub use holder::{Holder, Process, SlurmTask};
pub(crate) use store::{Claims, End, How};
pub(crate) use watch::Watch;
