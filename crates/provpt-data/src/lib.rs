//! Labelled image tasks: readers, generated tasks, resize, normalize, batches.
//!
//! [`open`] turns a [`TaskSpec`] into a [`Task`]: one to three [`Split`]s of labelled images, which
//! are read and decoded when they are asked for; [`survey`] also goes on after what is wrong.
//! [`Split::batch`] writes normalized NCHW floats, made as a [`Preprocess`] record says;
//! [`Split::prepare`] keeps what can be kept of them, in memory or in a file.
//!
//! Tasks are folders or files in one of the layouts that [`open`] lists (VTAB-1k and FGVC lists,
//! tensorflow-datasets, Hugging Face Parquet, tables, plain folders), or sprites drawn on the fly,
//! which need no file. [`Tfds`] reads any tensorflow-datasets folder, example by example.

mod cache;
pub mod catalogue;
mod check;
mod convert;
mod decode;
mod error;
mod fgvc;
mod fingerprint;
mod folders;
mod found;
mod image_rgb;
mod labels;
mod layout;
mod lists;
mod pillow;
mod pixels;
mod png;
mod preparation;
mod prepared;
mod preprocess;
mod quoted;
mod resize;
mod rng;
mod rows;
mod shapes;
mod shards;
mod shares;
mod sheet;
mod source;
mod split;
mod split_names;
mod sprites;
mod table;
mod task;
mod tfds;
mod tidy;

pub use check::{Checked, Place, Repeat, Sizes, SplitFacts, check};
pub use convert::{Encoding, Form, convert};
pub use decode::{Decoding, decode_file, decode_file_with};
pub use error::Error;
pub use image_rgb::Image;
pub use layout::Recognised;
pub use pixels::Pixels;
pub use preparation::{Keep, Preparation};
pub use preprocess::{Augment, Fit, Preprocess};
pub use quoted::quoted;
pub use resize::Interpolation;
pub use shards::ParquetError;
pub use sheet::SheetOptions;
pub use split::Split;
pub use task::{Task, TaskSpec, TrainSplit, open, survey};
pub use tfds::{Example, Feature, FeatureKind, RecordPlace, Tfds, TfdsError, TfdsSplit};
