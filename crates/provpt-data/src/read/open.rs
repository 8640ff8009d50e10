//! From what is known about a task to the task.

use super::drawn::Drawn;
use super::found::Found;
use super::{agreement, layout};
use crate::spec::MAX_CLASSES;
use crate::task::Recognised;
use crate::{Error, Task, TaskSpec, catalogue};

/// Finds (or draws) a task, and checks everything but its images' pixels, which nobody has decoded
/// yet.
///
/// What is at the path tells its layout. The first of these that is there is taken:
///
/// 1. a table of paths and labels: a `.csv`, `.tsv`, `.jsonl` or `.ndjson` file, with a column
///    `split` or none;
/// 2. a `.parquet` file, all of it `train`;
/// 3. a tensorflow-datasets folder, or a folder of one version of it: see [`Tfds`](crate::Tfds);
///    for a task of the catalogue, the folder may also be one of many data sets, and its published
///    examples and labels are taken, before anything else is looked for;
/// 4. the VTAB-1k layout: `train800.txt` or `train800val200.txt`, `val200.txt`, `test.txt`, lines
///    `path label`, the path relative to the folder or its `images/`;
/// 5. the FGVC lists: `train.json` (or the list of a [`TaskSpec::percentage`]), `val.json`,
///    `test.json`, objects `{path: class id}`, the path relative to the folder, `images/` or
///    `Images/`; ids are sorted to `0..C` by those of train;
/// 6. tables `train.csv` (`.tsv`, `.jsonl`, `.ndjson`), `val.*`, `test.*`, or Hugging Face's
///    ImageFolder with `metadata.csv` or `metadata.jsonl`, paths relative to the table's folder or
///    its `images/`;
/// 7. Parquet files, in the folder or below: shards of Hugging Face's `datasets`, of one
///    configuration; a split whose labels are all -1 or null has none, and is left out, as is a table
///    without labels;
/// 8. a plain folder: `train/CLASS/`, and `val/CLASS/` and `test/CLASS/` if there, or just
///    `CLASS/`;
/// 9. where nothing of all that is there, the only tensorflow-datasets folder further down.
///
/// Where `val` or `test` is missing, it is split off by fraction, class by class (but from VTAB-1k
/// lists nothing is). Labels are numbers as programs print them, counted from 0, or else names, such
/// as `01`, which are sorted; `labels.txt`, a class name per line, says both what classes there are
/// and in which order (4 to 7; with 1 and 2, beside the file).
///
/// # Errors
/// All of [`Error`] but those of [`Split::image`](crate::Split::image) and
/// [`Split::batch`](crate::Split::batch): of several the first.
pub fn open(spec: &TaskSpec) -> Result<Task, Error> {
    let (task, problems) = survey(spec)?;
    problems.into_iter().next().map_or(Ok(task), Err)
}

/// As [`open`], but goes on after what it can go on after: a malformed line, a missing image, a
/// damaged record. The task is what is left, and comes with all that is wrong with it.
///
/// # Errors
/// What leaves no task at all.
pub fn survey(spec: &TaskSpec) -> Result<(Task, Vec<Error>), Error> {
    if let Some(got) = spec.number_classes.filter(|n| !(1..=MAX_CLASSES).contains(n)) {
        return Err(Error::NumberClasses { max: MAX_CLASSES, got });
    }
    let found = find(spec)?;
    let counted = found.counted;
    let (mut task, mut problems) = found.into_task(&spec.name);
    let what = spec.path.as_ref().map_or(spec.name.clone(), |path| path.display().to_string());
    let drawn = Drawn::of_task(&spec.name).is_some();
    if let Some(path) = spec.path.as_ref().filter(|_| !drawn) {
        problems.extend(agreement::with_names_beside(path, &task)?);
    }
    if counted && spec.number_classes.is_none() {
        problems.extend(agreement::with_published_name(&task, &what));
    }
    if let [only] = &*task.classes
        && !problems.iter().any(|problem| matches!(problem, Error::OneClass { .. }))
    {
        problems.push(Error::OneClass { what, got: format!("{only} alone") });
    }
    task.remarks.extend(agreement::same_names(&task.classes));
    task.remarks.extend(agreement::look_alike(&task.classes));
    Ok((task, problems))
}

fn find(spec: &TaskSpec) -> Result<Found, Error> {
    if let Some(drawn) = Drawn::of_task(&spec.name) {
        let by = format!("the name {}", spec.name);
        let recognised = Recognised { layout: "generated images", by };
        return Ok(Found { recognised, ..drawn.find(spec)? });
    }
    let generated = || Drawn::all().map(Drawn::name).collect::<Vec<_>>().join(", ");
    let path = spec
        .path
        .as_deref()
        .ok_or_else(|| Error::NoPath { name: spec.name.clone(), generated: generated() })?;
    // Where nobody says how many classes there are, the catalogue may know, for any layout.
    let known = || catalogue::find(&spec.name).map(|task| task.classes);
    let number_classes = spec.number_classes.or_else(known);
    layout::find(path, &TaskSpec { number_classes, ..spec.clone() })
}
