//! What a checkpoint says of itself besides its tensors.

pub(in crate::weights) mod own;
