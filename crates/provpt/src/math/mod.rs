//! What several rooms compute with: random streams, operations on rows, optimizers.

pub(crate) mod choice;
pub(crate) mod optimizer;
pub(crate) mod streams;
pub(crate) mod vector;
