//! The layouts of tasks on disk, and how one is recognised: by what is there.

use std::path::Path;

use super::{fgvc, folders, lists, parquet, table, tfds};
use crate::read::found::Found;
use crate::task::Recognised;
use crate::{Error, TaskSpec, catalogue};

/// A way to keep labelled images in a folder or a file.
struct Layout {
    name: &'static str,
    /// What says that this is one, if anything does.
    sign: fn(&Path, &TaskSpec) -> Option<String>,
    /// Reads it.
    find: fn(&Path, &TaskSpec) -> Result<Found, Error>,
    /// Whether it has lists of shares of the training images ([`TaskSpec::percentage`]).
    shares: bool,
}

/// In the order in which they are tried; the first with a sign is taken.
const LAYOUTS: [Layout; 8] = [
    // A table, or a Parquet file, given by its own path.
    Layout { name: "table of paths and labels", sign: a_table, find: table::find, shares: false },
    Layout { name: "Parquet", sign: a_parquet_file, find: parquet::find, shares: false },
    // tfrecord files, or dataset_info.json with features.json.
    Layout { name: TFDS, sign: |p, _| tfds::sign(p), find: tfds::find, shares: false },
    // train800.txt, train800val200.txt.
    Layout { name: "VTAB-1k lists", sign: |p, _| lists::sign(p), find: lists::find, shares: false },
    // train.json, or train_<percentage>.json.
    Layout { name: "FGVC lists", sign: fgvc::sign, find: fgvc::find, shares: true },
    // train.csv, train.tsv, train.jsonl, or metadata.csv or metadata.jsonl with labels.
    Layout {
        name: "tables of paths and labels",
        sign: |p, _| table::sign(p),
        find: table::find,
        shares: false,
    },
    // *.parquet here or below.
    Layout { name: "Parquet", sign: |p, _| parquet::sign(p), find: parquet::find, shares: false },
    // train/CLASS/, CLASS/.
    Layout { name: "folder per class", sign: a_folder, find: folders::find, shares: false },
];

const TFDS: &str = "tensorflow-datasets";

fn a_table(path: &Path, _: &TaskSpec) -> Option<String> {
    (path.is_file() && table::is_table(path)).then(|| ending(path))
}

fn a_parquet_file(path: &Path, _: &TaskSpec) -> Option<String> {
    (path.is_file() && parquet::is_parquet(path)).then(|| ending(path))
}

fn a_folder(path: &Path, _: &TaskSpec) -> Option<String> {
    path.is_dir().then(|| "no lists, tables or data sets beside its subfolders".to_owned())
}

fn ending(path: &Path) -> String {
    format!("a file that ends in .{}", path.extension().unwrap_or_default().to_string_lossy())
}

/// Picks the reader by what is in the folder, or by the file's ending; first of all the official
/// data set of a task of the catalogue.
pub(crate) fn find(path: &Path, spec: &TaskSpec) -> Result<Found, Error> {
    if let Some(task) = catalogue::find(&spec.name)
        && let Some(folder) = tfds::official_folder(path, task)
    {
        let inside = folder.strip_prefix(path).unwrap_or(&folder).join(tfds::INFO);
        let by = format!("{}, read as task {}", inside.display(), task.name);
        let recognised = Recognised { layout: TFDS, by };
        return Ok(Found { recognised, ..tfds::find_official(&folder, task, spec)? });
    }
    let sign = |layout: &'static Layout| Some((layout, (layout.sign)(path, spec)?));
    let (layout, by) = LAYOUTS.iter().find_map(sign).ok_or_else(|| none(path))?;
    if !layout.shares && spec.percentage < 1.0 {
        return Err(Error::Percentage { path: path.to_owned(), got: spec.percentage });
    }
    let recognised = Recognised { layout: layout.name, by };
    match (layout.find)(path, spec) {
        Err(Error::Layout { path: nothing_here }) => match tfds::below(path)? {
            Some(inside) => find_below(path, &inside, spec),
            None => Err(Error::Layout { path: nothing_here }),
        },
        found => Ok(Found { recognised, ..found? }),
    }
}

/// As [`find`], of a data set that lies deeper than the folder that was given.
fn find_below(path: &Path, inside: &Path, spec: &TaskSpec) -> Result<Found, Error> {
    let found = find(inside, spec)?;
    let Recognised { layout, by } = found.recognised;
    let by = format!("{by} in {}", inside.strip_prefix(path).unwrap_or(inside).display());
    Ok(Found { recognised: Recognised { layout, by }, ..found })
}

fn none(path: &Path) -> Error {
    let path = path.to_owned();
    if path.is_file() { Error::FileKind { path } } else { Error::MissingFolder { path } }
}
