//! Readers: how tasks lie on disk, a file or folder per layout, and what they have in common.

pub(crate) mod drawn;
mod fgvc;
mod folders;
pub(crate) mod found;
pub(crate) mod labels;
pub(crate) mod layout;
pub(crate) mod lists;
mod parquet;
mod rows;
mod shares;
mod split_names;
mod table;
mod tfds;

pub use layout::Recognised;
pub use tfds::{Example, Feature, FeatureKind, Tfds, TfdsSplit};
