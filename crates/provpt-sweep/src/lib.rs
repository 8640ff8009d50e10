//! Many runs: planned, claimed, launched on one machine or a cluster, and the best ones picked.
//!
//! A trial is an argv, a folder, an exit code and a `result.json` that is written last. This crate
//! knows these and nothing of tensors or training. What configurations mean, it asks its caller
//! ([`Settings`]); `words` has the few keys that it goes by.
//!
//! [`plan()`] expands a [`Spec`] into a folder. [`run()`] works on it, in any number of processes on
//! any machines that share the folder: what is due is read off the files (`board`), a trial is won
//! by a claim (`claim`), its process watched (`work`); `place` has on which device, and how many
//! fit into memory. [`status()`] tells how far it is; [`Slurm`] and [`Kubernetes`] bring it to a
//! cluster.
//!
//! ```
//! use provpt_runs::MethodRow;
//! use provpt_sweep::{Known, Spec};
//!
//! let folder = tempfile::tempdir().unwrap();
//! let path = folder.path().join("small.toml");
//! let spec = "protocol = 'grid'\nname = 'small'\ntasks = ['t']\nmethods = ['linear']\n";
//! std::fs::write(&path, spec).unwrap();
//! let settings = vec![("model.transfer_type", "linear")];
//! let linear = MethodRow { name: "linear", title: "linear probe", settings };
//! let known = Known { methods: &[linear], mini: &[] };
//! assert!(Spec::load(&path, known).is_ok());
//! assert!(Spec::load(&path, Known::default()).is_err(), "no such method");
//! ```

mod board;
mod claim;
mod crew;
mod error;
mod kept;
mod place;
mod plan;
mod retry;
mod run;
#[cfg(test)]
mod sample;
mod spec;
mod status;
mod submit;
mod sweep;
mod words;
mod work;

pub use board::Tally;
pub use claim::{Holder, Process, SlurmTask};
pub use error::{Error, Fault};
pub use kept::{Restored, keep, restore};
pub use place::{Place, anywhere, fits, free_memory, places};
pub use plan::{Planned, Settings, plan};
pub use retry::{Retried, retry_failed};
pub use run::{Event, Options, Single, ended, run, run_one};
pub use spec::{Known, Spec};
pub use status::{Best, Counts, GroupStatus, Status, status};
pub use submit::{Job, Kubernetes, Slurm, Submission, max_array_size, threads};
pub use sweep::Sweep;
pub use work::{Launcher, Outcome};
