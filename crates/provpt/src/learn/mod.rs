//! What a run learns, and how: prompts and head, their gradients, steps, and what is stored of them.

pub(crate) mod adapter;
pub(crate) mod bank;
pub(crate) mod between;
pub(crate) mod clip;
pub(crate) mod dropout;
pub(crate) mod evaluate;
pub(crate) mod head;
pub(crate) mod low_ranks;
pub(crate) mod model;
pub(crate) mod network;
pub(crate) mod objective;
pub(crate) mod parameters;
pub(crate) mod prefix;
pub(crate) mod preprocessing;
pub(crate) mod scale_shifts;
pub(crate) mod schedule;
pub(crate) mod set;
pub(crate) mod side;
pub(crate) mod source;
pub(crate) mod tensors;
pub(crate) mod thaw;
pub(crate) mod tune;
