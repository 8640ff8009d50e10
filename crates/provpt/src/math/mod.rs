//! What several rooms compute with: named choices, random orders, operations on rows, optimizers.

pub(crate) mod choice;
pub(crate) mod optimizer;
pub(crate) mod order;
pub(crate) mod prodigy;
pub(crate) mod vector;
