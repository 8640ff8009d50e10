//! Labelled image tasks: readers, generated tasks, batches, and tools to look at tasks.
//!
//! [`open`] turns a [`TaskSpec`] into a [`Task`]: one to three [`Split`]s of labelled images, which
//! are read and decoded when they are asked for; [`survey`] also goes on after what is wrong.
//! [`Split::batch`] writes normalized NCHW floats, made as a [`Preprocess`] record says;
//! [`Split::prepare`] keeps what can be kept of them, in memory or in a file.
//!
//! ```
//! use provpt_data::{Image, Task, TaskSpec, open};
//!
//! # fn main() -> Result<(), provpt_data::Error> {
//! let drawn = open(&TaskSpec::new("sprites-location"))?;
//! assert_eq!((drawn.classes.len(), drawn.train.len()), (16, 800));
//!
//! let image = |level| Image::from_rgb(2, 2, vec![level; 12]);
//! let own = Task::of_images("own", [(image(0)?, "dark"), (image(255)?, "bright")], [0.0; 2])?;
//! assert_eq!(own.classes, ["bright", "dark"]);
//! # Ok(())
//! # }
//! ```
//!
//! Tasks are folders or files in one of the layouts that [`open`] lists (VTAB-1k and FGVC lists,
//! tensorflow-datasets, Hugging Face Parquet, tables, plain folders), or images drawn on the fly,
//! which need no file. [`Tfds`] reads any tensorflow-datasets folder, example by example.

pub mod catalogue;
mod error;
mod keep;
mod left_out;
mod notes;
mod places;
mod read;
mod record;
mod source;
mod spec;
mod split;
mod task;
mod tools;

pub use error::{Error, ParquetError, RecordPlace, TfdsError};
pub use keep::{Keep, Pixels, Preparation};
pub use left_out::LeftOut;
pub use places::keep_apart;
pub use provpt_image::{
    Augment, Augmentation, Crops, Decoding, Error as ImageError, Fit, Image, Interpolation,
    Preprocess, RandomCrop, decode_file, decode_file_with,
};
pub use read::{Example, Feature, FeatureKind, Tfds, TfdsSplit, Walked, images_in, open, survey};
pub use record::{Differences, Digest, Reunited, TaskRecord};
pub use spec::{TaskSpec, TrainSplit};
pub use split::Split;
pub use task::{Recognised, Task};
pub use tools::{
    Checked, Encoding, Form, Place, Repeat, SheetOptions, Sizes, SplitFacts, check, convert,
};
