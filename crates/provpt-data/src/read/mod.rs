//! Readers: how tasks lie on disk, a file or folder per layout, and what they have in common.

mod agreement;
mod drawn;
mod fgvc;
mod folders;
mod forms;
mod found;
mod given;
mod label;
pub(crate) mod labels;
mod layout;
pub(crate) mod lists;
mod open;
mod parquet;
mod rows;
mod shares;
mod split_folders;
mod split_names;
mod table;
mod text;
mod tfds;
mod unused;
mod walk;

pub use open::{open, survey};
pub use tfds::{Example, Feature, FeatureKind, Tfds, TfdsSplit};
pub use walk::{Walked, images_in};
