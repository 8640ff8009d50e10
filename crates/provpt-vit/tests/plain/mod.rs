//! A vision transformer in plain f64 loops, prompted as the papers write it: prompts are whole
//! tokens behind CLS, with queries and MLP rows of their own, and are thrown away in front of the
//! next block (VPT-Deep; Jia et al., ECCV 2022). Nothing of it is shared with the engine.
//!
//! With it come random models, prompts and losses to compare the engine on.
// Indices on purpose: the formulas are to be seen.
#![allow(dead_code, clippy::unwrap_used, clippy::needless_range_loop)]

mod bank;
mod case;
mod loss;
mod math;
mod model;
mod random;
mod weights;

pub(crate) use bank::Bank;
pub(crate) use case::{Case, Drawn, Sizes, case};
pub(crate) use loss::{Loss, slope};
pub(crate) use model::Model;
pub(crate) use random::{Dropout, Random, tiny};
