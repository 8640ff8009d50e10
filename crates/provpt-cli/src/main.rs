//! The provpt program.
fn main() {}
