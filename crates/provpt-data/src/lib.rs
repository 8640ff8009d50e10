//! Labelled image tasks: readers, generated tasks, resize, normalize, batches.
//!
//! [`open`] turns a [`TaskSpec`] into a [`Task`]: one to three [`Split`]s of labelled images, which
//! are read and decoded when they are asked for; [`survey`] also goes on after what is wrong.
//! [`Split::batch`] writes normalized NCHW floats, made as a [`Preprocess`] record says.
//!
//! Tasks are folders or files in one of the layouts that [`open`] lists (VTAB-1k and FGVC lists,
//! tensorflow-datasets, Hugging Face Parquet, tables, plain folders), or sprites drawn on the fly,
//! which need no file. [`Tfds`] reads any tensorflow-datasets folder, example by example.

mod decode;
mod error;
mod fgvc;
mod folders;
mod found;
mod image_rgb;
mod labels;
mod layout;
mod lists;
mod pillow;
mod preprocess;
mod resize;
mod rng;
mod rows;
mod shapes;
mod shards;
mod shares;
mod source;
mod split;
mod split_names;
mod sprites;
mod table;
mod task;
mod tfds;

pub use decode::decode_file;
pub use error::Error;
pub use image_rgb::Image;
pub use preprocess::{Augment, Fit, Preprocess};
pub use resize::Interpolation;
pub use shards::ParquetError;
pub use split::Split;
pub use task::{Task, TaskSpec, TrainSplit, open, survey};
pub use tfds::{Example, Feature, FeatureKind, RecordPlace, Tfds, TfdsError, TfdsSplit};
