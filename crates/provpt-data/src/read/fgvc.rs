//! The lists of the FGVC tasks (CUB-200, NABirds, Flowers, Dogs, Cars) as published with visual
//! prompt tuning (Jia et al., ECCV 2022): `train.json`, `val.json`, `test.json`, each one object
//! `{path: class id}`; `train_<percentage>.json` for a share of the training images.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::slice;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::found::Found;
use super::label::Label;
use super::labels::{Known, Numbers};
use super::rows::{List, Lists, Row, locate};
use super::split_names::SplitName;
use super::{text, unused};
use crate::{Error, TaskSpec};

/// Where published tasks have their images: CUB-200 and NABirds, Dogs, the others.
const ROOTS: [&str; 3] = ["images", "Images", ""];

/// The training list of a share: the whole from 1 on.
fn train_list(folder: &Path, spec: &TaskSpec) -> Result<PathBuf, Error> {
    match spec.percentage {
        share if share < 1.0 => Ok(folder.join(format!("train_{share}.json"))),
        _ => {
            let list = list_of(folder, SplitName::Train)?;
            Ok(list.unwrap_or_else(|| folder.join("train.json")))
        }
    }
}

/// The list of a split, by any of its names.
fn list_of(folder: &Path, split: SplitName) -> Result<Option<PathBuf>, Error> {
    split.file_in(folder, &["json"])
}

/// The list that makes a folder one of this layout.
pub(crate) fn sign(folder: &Path, spec: &TaskSpec) -> Option<String> {
    let share = train_list(folder, spec).ok().filter(|list| list.is_file());
    let list = match (share, list_of(folder, SplitName::Train)) {
        (Some(list), _) => list,
        (None, Ok(whole)) => whole?,
        // Reading tells what is wrong.
        (None, Err(_)) => return Some("several training lists".to_owned()),
    };
    Some(list.file_name()?.to_string_lossy().into_owned())
}

/// Class ids of the training list, sorted, are the classes `0..C`, in all splits.
pub(crate) fn find(folder: &Path, spec: &TaskSpec) -> Result<Found, Error> {
    let path = train_list(folder, spec)?;
    if !path.is_file() {
        return Err(Error::MissingList { path });
    }
    let train = read(&path)?;
    let given = |split| list_of(folder, split)?.map(|path| read(&path)).transpose();
    let lists = Lists {
        train,
        val: given(SplitName::Val)?,
        test: given(SplitName::Test)?,
        val_is_learned: false,
    };
    let known = Known::beside(folder, spec.number_classes)?;
    let roots = roots(folder, &lists);
    let mut used = lists.paths();
    used.extend(other_shares(folder));
    let mut found =
        lists.resolve(Numbers::AreSorted, known, |_, path| locate(&roots, path), Vec::new())?;
    found.remarks.extend(unused::files(folder, &used));
    found.complete(spec, folder)
}

/// The lists of all shares of the training images, and that of the whole: one is used, and the others
/// hold nothing else.
fn other_shares(folder: &Path) -> Vec<PathBuf> {
    let entries = fs_err::read_dir(folder).ok().into_iter().flatten().flatten();
    let is_share = |path: &PathBuf| {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        stem == "train" || stem.strip_prefix("train_").is_some_and(|s| s.parse::<f64>().is_ok())
    };
    entries.map(|entry| entry.path()).filter(is_share).collect()
}

/// The roots, first of all the one that has the first image which any of them has.
fn roots(folder: &Path, lists: &Lists) -> Vec<PathBuf> {
    let mut roots = ROOTS.map(|root| folder.join(root)).to_vec();
    let of = |row: &Row| {
        roots.iter().position(|root| locate(slice::from_ref(root), &row.path).is_some())
    };
    if let Some(first) = lists.train.rows.iter().find_map(of) {
        roots.swap(0, first);
    }
    roots
}

fn read(path: &Path) -> Result<List, Error> {
    let malformed = |cause: &serde_json::Error| Error::MalformedList {
        list: path.to_owned(),
        expected: "an object {path: class id}",
        cause: cause.to_string(),
    };
    let text = text::read(path)?;
    let mut json = serde_json::Deserializer::from_str(&text);
    let rows = json.deserialize_map(Entries).and_then(|rows| json.end().map(|()| rows));
    Ok(List { path: path.to_owned(), rows: rows.map_err(|cause| malformed(&cause))? })
}

/// Reads an object in the order of the file, which a map would lose.
struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<Row>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object {path: class id}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<Row>, A::Error> {
        let mut rows = Vec::new();
        let mut seen = HashSet::new();
        while let Some((path, value)) = map.next_entry::<String, Value>()? {
            // Other programs keep the last one.
            if !seen.insert(path.clone()) {
                return Err(serde::de::Error::custom(format!("{path} twice")));
            }
            let label = Label::of_json(&value).ok_or_else(|| {
                let value: String = value.to_string().chars().take(40).collect();
                serde::de::Error::custom(format!("class id of {path}: {value}"))
            })?;
            rows.push(Row { path, label, line: rows.len() + 1 });
        }
        Ok(rows)
    }
}
