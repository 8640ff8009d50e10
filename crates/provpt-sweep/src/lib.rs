//! Many runs: planned, claimed, launched on one machine or a cluster, and the best ones picked.
//!
//! A trial is an argv, a folder, an exit code and a `result.json` that is written last. This crate
//! knows these and nothing of tensors or training.
