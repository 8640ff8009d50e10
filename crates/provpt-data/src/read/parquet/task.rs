//! Shards as a task.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::ParquetError;
use super::columns::Columns;
use super::files::{self, Files};
use super::images::Images;
use super::shard::Shard;
use crate::read::found::Found;
use crate::read::label::{Label, agree};
use crate::read::labels::{Classes, Known, Numbers};
use crate::read::split_names::SplitName;
use crate::source::{Item, Source, Store};
use crate::{Error, TaskSpec};
use provpt_base::quoted;

/// Shards of one split.
struct Part {
    shards: Vec<(Shard, Columns)>,
    /// Of each shard and row, none where null.
    labels: Vec<Vec<Option<Label>>>,
}

/// Reads footers and labels of a folder's shards, or of the one file that `path` is, which then is
/// all of `train`. A split of which every label is -1 or null is one without labels, and left out.
pub(crate) fn find(path: &Path, spec: &TaskSpec) -> Result<Found, Error> {
    let Files { splits, unused } = match path.is_file() {
        true => Files {
            splits: BTreeMap::from([(SplitName::Train, vec![path.to_owned()])]),
            unused: Vec::new(),
        },
        false => files::find(path)?,
    };
    let mut parts = BTreeMap::new();
    for (split, paths) in splits {
        parts.insert(split, Part::read(&paths)?);
    }
    same_columns(parts.values().flat_map(|part| &part.shards))?;
    let mut remarks = Vec::from_iter(not_used(&unused));
    parts.retain(|&split, part| {
        let keep = split == SplitName::Train || !part.is_unlabelled();
        if !keep {
            remarks.push(split.unlabelled());
        }
        keep
    });
    let train = parts.remove(&SplitName::Train);
    let train = train.ok_or_else(|| Error::EmptySplit { split: "train", path: path.to_owned() })?;
    let chosen = train.shards.first().map(|(_, columns)| columns.remarks.clone());
    let mut found = assemble(path, spec, train, parts)?;
    found.remarks.extend(chosen.into_iter().flatten().chain(remarks));
    Ok(found)
}

/// Files that belong to no split.
fn not_used(files: &[PathBuf]) -> Option<String> {
    let names: Vec<String> = files.iter().map(|path| quoted(path).to_string()).collect();
    (!names.is_empty()).then(|| format!("not used, called like no split: {}", names.join(", ")))
}

fn assemble(
    path: &Path,
    spec: &TaskSpec,
    mut train: Part,
    mut others: BTreeMap<SplitName, Part>,
) -> Result<Found, Error> {
    let named = train.shards.first().and_then(|(shard, columns)| {
        Some((shard.path.display().to_string(), columns.classes.clone()?))
    });
    let has_names = named.is_some();
    let folder = if path.is_file() { path.parent().unwrap_or(Path::new("")) } else { path };
    let known = match named {
        Some(names) => Known { names: Some(names), count: spec.number_classes },
        None => Known::beside(folder, spec.number_classes)?,
    };
    let mut remarks = Vec::new();
    if !has_names {
        let names = known.names.as_ref().map_or(&[][..], |(_, names)| names);
        let parts = [&mut train].into_iter().chain(others.values_mut());
        remarks.extend(agree(parts.flat_map(|part| &mut part.labels).flatten().flatten(), names));
    }
    let labels = train.labels.iter().flatten().flatten();
    let classes = Classes::settle(labels, Numbers::AreClasses, known, path)?;
    if !has_names {
        remarks.extend(classes.misleading());
    }
    let mut problems = Vec::new();
    let mut items = |part: Part, split| {
        if part.labels.iter().all(Vec::is_empty) {
            problems.push(Error::EmptySplit { split, path: path.to_owned() });
        }
        part.items(&classes, &mut problems)
    };
    let train = items(train, "train");
    let val = others.remove(&SplitName::Val).map(|part| items(part, "val"));
    let test = others.remove(&SplitName::Test).map(|part| items(part, "test"));
    let counted = classes.are_counted();
    let classes = classes.names;
    Found { classes, counted, train, val, test, problems, remarks, ..Found::default() }
        .complete(spec, path)
}

/// Shards that do not fit the first one.
fn same_columns<'a>(
    mut shards: impl Iterator<Item = &'a (Shard, Columns)>,
) -> Result<(), ParquetError> {
    let Some((first, expected)) = shards.next() else { return Ok(()) };
    let classes = |columns: &Columns| columns.classes.as_ref().map(|names| names.join(", "));
    for (shard, got) in shards {
        let differ = |what, expected: &str, got: &str| ParquetError::Disagree {
            path: shard.path.clone(),
            what,
            expected: expected.to_owned(),
            first: first.path.clone(),
            got: got.to_owned(),
        };
        let same_name = got.label_name == expected.label_name;
        if !same_name || got.label_is_text != expected.label_is_text {
            return Err(differ("label column", &expected.label_kind, &got.label_kind));
        }
        if got.classes != expected.classes {
            let [expected, got] =
                [expected, got].map(|columns| classes(columns).unwrap_or("none".to_owned()));
            return Err(differ("classes", &expected, &got));
        }
    }
    Ok(())
}

impl Part {
    /// In parallel; of several bad shards the first is reported.
    fn read(paths: &[PathBuf]) -> Result<Self, ParquetError> {
        let read = |path: &PathBuf| {
            let shard = Shard::open(path)?;
            let columns = Columns::of(&shard.metadata, path)?;
            let labels = super::labels::read(&shard, columns.label)?;
            Ok(((shard, columns), labels))
        };
        let read: Vec<Result<_, ParquetError>> = paths.par_iter().map(read).collect();
        let (shards, labels) = read.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
        Ok(Self { shards, labels })
    }

    fn is_unlabelled(&self) -> bool {
        let mut labels = self.labels.iter().flatten().peekable();
        let known = |label: &Option<Label>| label.as_ref().is_some_and(|l| *l != Label::Number(-1));
        labels.peek().is_some() && !labels.any(known)
    }

    fn items(self, classes: &Classes, problems: &mut Vec<Error>) -> Vec<Item> {
        let images = Arc::new(Images::new(self.shards));
        let mut items = Vec::new();
        for (index, label) in self.labels.into_iter().flatten().enumerate() {
            match label.as_ref().and_then(|label| classes.index(label)) {
                Some(label) => {
                    let source = Source::Stored(images.clone(), index);
                    items.push(Item { source, label, name: images.name(index) });
                }
                None => {
                    let (path, row) = images.origin(index);
                    problems.push(unknown(path, row as usize, label, classes).into());
                }
            }
        }
        items
    }
}

fn unknown(path: &Path, row: usize, label: Option<Label>, classes: &Classes) -> ParquetError {
    let expected = match (&label, classes.are_numbers()) {
        (None, _) => "a class".to_owned(),
        (_, true) => format!("0..{}", classes.names.len()),
        (_, false) => "a class of train".to_owned(),
    };
    let got = label.map_or_else(|| "null".to_owned(), |label| label.to_string());
    ParquetError::Label { path: path.to_owned(), row, expected, got }
}
