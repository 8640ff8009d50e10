//! What a checkpoint is: the architecture of its tensors, and whether they are all there.

mod infer;
pub(in crate::weights) mod merge;
pub(in crate::weights) mod reasons;
pub(in crate::weights) mod refuse;

pub(in crate::weights) use infer::{Known, Told};
