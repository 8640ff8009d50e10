//! Parquet data sets as Hugging Face's `datasets` library and hub write them: a column of encoded
//! images (a struct of `bytes` and `path`, or plain binary) and one of labels, in shards. Read
//! without Arrow, by the feature `parquet`; without it, they are still told apart from the rest.

#[cfg(feature = "parquet")]
mod bounded;
#[cfg(feature = "parquet")]
mod choice;
#[cfg(feature = "parquet")]
mod columns;
#[cfg(feature = "parquet")]
mod features;
#[cfg(feature = "parquet")]
mod files;
#[cfg(feature = "parquet")]
mod foreign;
#[cfg(feature = "parquet")]
mod images;
#[cfg(feature = "parquet")]
mod kind;
#[cfg(feature = "parquet")]
mod labels;
#[cfg(feature = "parquet")]
mod pages;
#[cfg(feature = "parquet")]
mod shard;
mod sign;
#[cfg(feature = "parquet")]
mod task;
#[cfg(all(test, feature = "parquet"))]
mod tests;

pub(crate) use sign::{is_parquet, sign};
#[cfg(feature = "parquet")]
pub(crate) use task::find;

#[cfg(feature = "parquet")]
use crate::error::ParquetError;

#[cfg(not(feature = "parquet"))]
pub(crate) fn find(
    path: &std::path::Path,
    _: &crate::TaskSpec,
) -> Result<super::found::Found, crate::Error> {
    let what = format!("{}: Parquet", path.display());
    Err(crate::Error::Feature { what, feature: "parquet" })
}
