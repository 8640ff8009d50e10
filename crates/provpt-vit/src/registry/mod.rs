//! Known backbones: shapes, preprocessing, and the files that publish them.

mod family;
mod names;
mod record;
mod table;
pub(crate) mod unusable;

pub(crate) use family::pixels_by_name;
pub(crate) use names::{EXTENSIONS, find_by_file, split_extension};
pub use names::{find, names};
pub use provpt_base::Interpolation;
pub use record::{ModelRecord, PreprocessingRecord};
pub(crate) use table::RECORDS;
