//! Known backbones: shapes, preprocessing, and the files that publish them.

mod names;
mod record;
mod table;

pub use names::{find, names};
pub(crate) use names::{find_by_file, split_extension};
pub(crate) use record::NORM_EPS;
pub use record::{Interpolation, ModelRecord, PreprocessingRecord};
pub(crate) use table::RECORDS;
