//! What a run learns, and how: prompts and head, their gradients, steps, and what is stored of them.

pub(crate) mod adapter;
pub(crate) mod affine;
pub(crate) mod bank;
pub(crate) mod between;
pub(crate) mod clip;
pub(crate) mod dropout;
pub(crate) mod evaluate;
pub(crate) mod form;
pub(crate) mod fresh;
pub(crate) mod head;
pub(crate) mod making;
pub(crate) mod model;
pub(crate) mod network;
pub(crate) mod objective;
pub(crate) mod parameters;
pub(crate) mod pixels;
pub(crate) mod prefix;
pub(crate) mod preprocessing;
pub(crate) mod schedule;
pub(crate) mod set;
pub(crate) mod source;
pub(crate) mod start;
pub(crate) mod tensors;
pub(crate) mod thaw;
pub(crate) mod tune;
