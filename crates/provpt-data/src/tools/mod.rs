//! Tools over whole tasks: looking for what is wrong, writing them anew, drawing contact sheets.

mod check;
mod convert;
mod sheet;

pub use check::{Checked, Place, Repeat, Sizes, SplitFacts, check};
pub use convert::{Encoding, Form, convert};
pub use sheet::SheetOptions;
