//! The engine against plain f64 code on random models: what it computes is right, whatever the
//! shape, the distribution of prompts, the number of threads and of chunks.
#![allow(clippy::unwrap_used)]

mod golden;
mod limits;
#[path = "../plain/mod.rs"]
mod plain;
mod portable;
mod properties;
#[path = "../support/mod.rs"]
mod support;
