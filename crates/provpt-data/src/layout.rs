//! The layouts of tasks on disk, and how one is recognised: by what is there.

use std::path::Path;

use crate::found::Found;
use crate::{Error, TaskSpec, catalogue, fgvc, folders, lists, shards, table, tfds};

/// A way to keep labelled images in a folder or a file.
struct Layout {
    /// Whether this is one.
    suits: fn(&Path, &TaskSpec) -> bool,
    /// Reads it.
    find: fn(&Path, &TaskSpec) -> Result<Found, Error>,
    /// Whether it has lists of shares of the training images ([`TaskSpec::percentage`]).
    shares: bool,
}

/// In the order in which they are tried; the first that suits is taken.
const LAYOUTS: [Layout; 8] = [
    // A table, or a Parquet file, given by its own path.
    Layout { suits: |p, _| p.is_file() && table::is_table(p), find: table::find, shares: false },
    Layout {
        suits: |p, _| p.is_file() && shards::is_parquet(p),
        find: shards::find,
        shares: false,
    },
    // tfrecord files, or dataset_info.json with features.json.
    Layout { suits: |p, _| tfds::is_tfds_folder(p), find: tfds::find, shares: false },
    // train800.txt, train800val200.txt.
    Layout { suits: |p, _| lists::is_list_folder(p), find: lists::find, shares: false },
    // train.json, or train_<percentage>.json.
    Layout { suits: fgvc::is_fgvc_folder, find: fgvc::find, shares: true },
    // train.csv, train.tsv, train.jsonl, or metadata.csv or metadata.jsonl with labels.
    Layout { suits: |p, _| table::is_table_folder(p), find: table::find, shares: false },
    // *.parquet here or below.
    Layout { suits: |p, _| shards::is_parquet_folder(p), find: shards::find, shares: false },
    // train/CLASS/, CLASS/.
    Layout { suits: |p, _| p.is_dir(), find: folders::find, shares: false },
];

/// Picks the reader by what is in the folder, or by the file's ending; first of all the official
/// data set of a task of the catalogue.
pub(crate) fn find(path: &Path, spec: &TaskSpec) -> Result<Found, Error> {
    if let Some(task) = catalogue::find(&spec.name)
        && let Some(folder) = tfds::official_folder(path, task)
    {
        return tfds::find_official(&folder, task, spec);
    }
    let found = LAYOUTS.iter().find(|layout| (layout.suits)(path, spec));
    let layout = found.ok_or_else(|| Error::MissingFolder { path: path.to_owned() })?;
    if !layout.shares && spec.percentage < 1.0 {
        return Err(Error::Percentage { path: path.to_owned(), got: spec.percentage });
    }
    (layout.find)(path, spec)
}
