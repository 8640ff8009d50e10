//! What several rooms compute with: named choices, operations on rows, optimizers.

pub(crate) mod choice;
pub(crate) mod optimizer;
pub(crate) mod vector;
