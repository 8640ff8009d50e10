//! Tasks whose images are drawn: no file is needed.

mod shapes;
mod sprites;

pub(crate) use sprites::{Attribute, find};
