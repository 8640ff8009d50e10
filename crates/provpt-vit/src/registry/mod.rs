//! Known backbones: shapes, preprocessing, and the files that publish them.

mod names;
mod record;
mod refused;
mod table;

pub(crate) use names::{EXTENSIONS, find_by_file, split_extension};
pub use names::{find, names};
pub(crate) use record::NORM_EPS;
pub use record::{Interpolation, ModelRecord, PreprocessingRecord};
pub(crate) use refused::refused;
pub(crate) use table::RECORDS;
