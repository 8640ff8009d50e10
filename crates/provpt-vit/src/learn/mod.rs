//! What is tuned of a network, and what a backward pass is asked for because of it.

mod demand;
mod low;
mod merge;
mod pieces;
mod shift;
mod side;
mod site;
mod staged;
mod tuned;

pub(crate) use demand::Demand;
pub(crate) use low::Low;
pub(crate) use pieces::Pieces;
pub(crate) use side::{Projection, Side, SideArrays, is_side};
pub(crate) use site::{Array, MergePart, Part, Site};
pub(crate) use tuned::last_entry;
pub use tuned::{Tuned, Weight};
